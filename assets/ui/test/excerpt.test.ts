import { describe, expect, it } from 'vitest';
import { beginnings } from '@/lib/state/texts';
import { excerpt, heldWords } from '@/lib/text/excerpt';
import { lettersOf } from '@/lib/text/letters';
import { windowOf } from '@/lib/text/window';

const bytes = (text: string) => new TextEncoder().encode(text).length;
const mark = (text: string, words: string) => {
  const start = bytes(text.slice(0, text.indexOf(words)));
  return { start, end: start + bytes(words) };
};
const shown = (text: string, ...marks: { start: number; end: number }[]) =>
  excerpt(text, marks, 100).pieces.map((piece) => (piece.marked ? `[${piece.text}]` : piece.text)).join('');

describe('excerpts', () => {
  it('mark what was found, by bytes', () => {
    const text = 'Größe und Maße der Öllampe.';
    expect(shown(text, mark(text, 'Öllampe'), mark(text, 'Maße'))).toBe('Größe und [Maße] der [Öllampe].');
    expect(shown(text)).toBe(text);
    expect(shown('')).toBe('');
  });

  it('merge what overlaps and pass over what is empty', () => {
    expect(shown('abcdef', { start: 1, end: 3 }, { start: 2, end: 4 }, { start: 4, end: 5 }, { start: 5, end: 5 })).toBe('a[bcde]f');
  });

  it('begin near the words, between words, and say what is left out', () => {
    const text = `${'one two three '.repeat(40)}the foghorn is tested ${'four five six '.repeat(40)}`;
    const { pieces, before, after } = excerpt(text, [mark(text, 'foghorn')], 100);
    const words = pieces.map((piece) => piece.text).join('');
    expect([before, after]).toEqual([true, true]);
    expect(words).toContain('the foghorn is tested');
    expect(words.length).toBeLessThanOrEqual(100);
    expect(text).toContain(` ${words} `);
  });

  it('show the place that holds most', () => {
    const text = `lamp ${'x '.repeat(200)} lamp oil lamp ${'y '.repeat(200)}`;
    const at = text.lastIndexOf('lamp oil');
    const marks = [0, at, at + 5, at + 9].map((start) => ({ start, end: start + 3 }));
    expect(excerpt(text, marks, 100).pieces.filter((piece) => piece.marked).length).toBe(3);
  });

  it('tell the words that they hold, each once', () => {
    const text = 'Öl und Lampe, öl und LAMPE';
    const marks = ['Öl', 'Lampe', 'öl', 'LAMPE'].map((word) => mark(text, word));
    expect(heldWords(text, marks)).toEqual(['Öl', 'Lampe']);
  });

  it('never cut a character in two', () => {
    const text = '😀'.repeat(400);
    for (let length = 90; length < 110; length++) {
      expect(excerpt(text, [{ start: 800, end: 804 }], length).pieces.every((piece) => piece.text.isWellFormed())).toBe(true);
    }
  });
});

describe('beginnings of passages', () => {
  it('are told between the letters, not in them', () => {
    const text = '# Maße\n\nEins zwei.\n\n## Öl\nDrei.\n';
    const passages = ['# Maße', 'zwei', '## Öl'].map((words, ordinal) => ({ ordinal, start: mark(text, words).start, ...(ordinal === 2 ? { page: 3 } : {}) }));
    for (const place of [null, { start: 8, end: 15 }]) {
      const { runs } = windowOf(text, place, 100, 100, beginnings(text, passages));
      expect(runs.map((run) => run.text).join('')).toBe(text);
      const begun = runs.flatMap((run, i) => (run.begins ? [[run.begins, runs.slice(i).map((r) => r.text).join('').slice(0, 4)]] : []));
      expect(begun).toEqual([['Passage 1', '# Ma'], ['Passage 2', 'zwei'], ['Passage 3, page 3', '## Ö']]);
    }
  });
});

describe('letters of a file', () => {
  it('are read in the encoding they are in', () => {
    expect(lettersOf(new TextEncoder().encode('Maße €'))).toBe('Maße €');
    expect(lettersOf(Uint8Array.of(0x4d, 0x61, 0xdf, 0x65))).toBe('Maße');
    expect(lettersOf(Uint8Array.of(0xff, 0xfe, 0x4d, 0, 0xdf, 0))).toBe('Mß');
    expect(lettersOf(Uint8Array.of(0xfe, 0xff, 0, 0x4d))).toBe('M');
  });
});
