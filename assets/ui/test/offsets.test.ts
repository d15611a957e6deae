import { describe, expect, it } from 'vitest';
import { windowOf } from '@/lib/text/window';
import { byteOffsetsToIndexes, inIndexes, locate, masked } from '@/lib/text/offsets';

const TEXT = 'aä€😀z\nÖl: 5 %\n🇨🇭 Ende';
const bytes = (text: string) => new TextEncoder().encode(text).length;

describe('byte offsets', () => {
  it('agree with the encoder at every character', () => {
    const indexes = [0];
    for (const character of TEXT) indexes.push(indexes.at(-1)! + character.length);
    const offsets = indexes.map((index) => bytes(TEXT.slice(0, index)));
    expect(byteOffsetsToIndexes(TEXT, offsets)).toEqual(indexes);
    expect(byteOffsetsToIndexes(TEXT, [...offsets].reverse())).toEqual([...indexes].reverse());
  });

  it('go to the start of the character they are inside of, and not behind the end', () => {
    expect(byteOffsetsToIndexes('aä€', [2, 4, 5, 99])).toEqual([1, 2, 2, 3]);
    expect(byteOffsetsToIndexes('', [0, 3])).toEqual([0, 0]);
  });

  it('count a lone surrogate as the three bytes of its replacement', () => {
    expect(byteOffsetsToIndexes('\ud800x', [3])).toEqual([1]);
  });

  it('find a quote at its place', () => {
    const start = bytes('aä€😀z\n');
    const quote = 'Öl: 5 %';
    expect(locate(TEXT, { start, end: start + bytes(quote), quote })).toEqual({ start: 7, end: 14 });
  });

  it('find a quote that has moved, nearest first, and say when it is gone', () => {
    const text = 'one two one two';
    expect(locate(text, { start: 9, end: 12, quote: 'one' })).toEqual({ start: 8, end: 11 });
    expect(locate(text, { start: 1, end: 4, quote: 'one' })).toEqual({ start: 0, end: 3 });
    expect(locate(text, { start: 0, end: 3, quote: 'three' })).toBeNull();
  });
});

describe('the window on a document', () => {
  const text = '# Title\n\nOne two three.\n\n## Part *two*\nFour five.\n';

  it('is the text, letter for letter, with the passage marked', () => {
    for (const place of [null, { start: 9, end: 13 }, { start: 2, end: 30 }, { start: 0, end: text.length }]) {
      const { from, until, runs } = windowOf(text, place, 100, 100);
      expect([from, until]).toEqual([0, text.length]);
      expect(runs.map((run) => run.text).join('')).toBe(text);
      const marked = runs.filter((run) => run.marked).map((run) => run.text).join('');
      expect(marked).toBe(place ? text.slice(place.start, place.end) : '');
    }
    const kinds = windowOf(text, null, 0, 100).runs.filter((run) => run.kind).map((run) => [run.kind, run.text]);
    expect(kinds).toEqual([['hash', '# '], ['heading', 'Title'], ['hash', '## '], ['heading', 'Part *two*']]);
  });

  it('ends where lines end, and not inside a character', () => {
    const { from, until } = windowOf(text, { start: 13, end: 16 }, 2, 2);
    expect(text.slice(from, until)).toBe('One two three.');
    const endless = '😀'.repeat(20_000);
    const cut = windowOf(endless, { start: 20_000, end: 20_002 }, 101, 101);
    expect(cut.runs.every((run) => run.text.isWellFormed())).toBe(true);
    expect(cut.until - cut.from).toBeLessThan(300);
  });
});

describe('masks', () => {
  const text = 'Grüße an ada@a.example und +1 555.';
  const mask = (words: string, placeholder: string) => {
    const start = bytes(text.slice(0, text.indexOf(words)));
    return { start, end: start + bytes(words), placeholder };
  };

  it('cut a text where they stand, whatever their order', () => {
    expect(masked(text, [mask('+1 555', '[PHONE_1]'), mask('ada@a.example', '[EMAIL_1]')])).toEqual([
      { text: 'Grüße an ' },
      { text: 'ada@a.example', placeholder: '[EMAIL_1]' },
      { text: ' und ' },
      { text: '+1 555', placeholder: '[PHONE_1]' },
      { text: '.' },
    ]);
    expect(masked(text, [])).toEqual([{ text }]);
    expect(masked('', [])).toEqual([]);
  });

  it('say their places as indexes', () => {
    const [found] = inIndexes(text, [mask('ada@a.example', '[EMAIL_1]')]);
    expect(text.slice(found!.start, found!.end)).toBe('ada@a.example');
  });
});
