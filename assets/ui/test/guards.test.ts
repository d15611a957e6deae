import { describe, expect, it } from 'vitest';
import type { Pipeline, Tried } from '@/lib/api/types';
import * as drafts from '@/lib/guards/draft';
import { pieces } from '@/lib/guards/pieces';

type Stage = Pipeline['stages'][number];
const stage = (plugin: string, over: Partial<Stage> = {}): Stage => ({ plugin, use: 'active', settings: [], works: true, ...over });
const pipeline = (stages: Stage[]): Pipeline => ({
  inherited: true, editable: true, stages, required: [], cases: [], available: [],
});
const names = (draft: drafts.Draft) => draft.map((one) => one.plugin).join(' ');

describe('a draft of stages', () => {
  it('begins with the stages as they are, and gets those that must be there once it is changed', () => {
    const shown = pipeline([stage('pii', { settings: [{ key: 'off', value: 'IBAN' }] }), stage('format', { use: 'shadow' })]);
    const draft = drafts.draftOf(shown);
    expect(draft.map((one) => [one.plugin, one.use])).toEqual([['pii', 'active'], ['format', 'shadow']]);
    expect(drafts.wire(drafts.completed(draft, ['secrets', 'format']))).toEqual([
      { plugin: 'secrets', use: 'active', settings: [] },
      { plugin: 'pii', use: 'active', settings: [{ key: 'off', value: 'IBAN' }] },
      { plugin: 'format', use: 'active', settings: [] },
    ]);
  });

  it('moves stages up and down, and never out of the list', () => {
    const draft = drafts.draftOf(pipeline(['a', 'b', 'c'].map((name) => stage(name))));
    for (const [from, to, order] of [
      [0, 1, 'b a c'], [0, 2, 'b c a'], [2, 0, 'c a b'], [1, 1, 'a b c'], [0, -1, 'a b c'], [2, 3, 'a b c'], [7, 0, 'a b c'],
    ] as const) {
      expect(names(drafts.move(draft, from, to)), `${from} to ${to}`).toBe(order);
    }
  });

  it('is the same again when a change is taken back', () => {
    const draft = drafts.draftOf(pipeline([stage('a'), stage('b')]));
    const changed = drafts.set(drafts.set(draft, 'b', 'z', ''), 'b', 'k', 'v');
    expect(drafts.same(draft, changed)).toBe(false);
    expect(drafts.same(changed, drafts.set(drafts.set(draft, 'b', 'k', 'v'), 'b', 'z', ''))).toBe(true);
    expect(drafts.same(draft, drafts.set(drafts.set(changed, 'b', 'k', undefined), 'b', 'z', undefined))).toBe(true);
    expect(drafts.same(draft, drafts.use(draft, 'a', 'shadow'))).toBe(false);
    expect(drafts.same(draft, drafts.move(drafts.move(draft, 0, 1), 1, 0))).toBe(true);
    expect(names(drafts.remove(drafts.add(draft, 'c'), 'a'))).toBe('b c');
  });
});

describe('a text that was tried', () => {
  const finding = (over: Partial<Tried['findings'][number]>) => ({
    side: 'input' as const, guard: 'pii', label: 'PERSON', start: 0, end: 1, score: 1, outcome: 'flagged' as const, ...over,
  });
  const edit = (start: number, end: number) => ({ start, end, replacement: '[EMAIL]', label: 'EMAIL' });

  it('is cut at bytes as the box counts them, and stays whole', () => {
    const text = 'Zoë 🦎 mails a@b.example.';
    const found = pieces(text, { edits: [edit(16, 27)], findings: [finding({ end: 4 })] });
    expect(found).toEqual([
      { text: 'Zoë', kind: 'found', label: 'PERSON' },
      { text: ' 🦎 mails ', kind: '' },
      { text: 'a@b.example', kind: 'hidden', label: 'EMAIL', instead: '[EMAIL]' },
      { text: '.', kind: '' },
    ]);
    expect(found.map((one) => one.text).join('')).toBe(text);
  });

  it('shows what changes it before what is only noticed, and nothing twice', () => {
    const findings = [finding({ start: 0, end: 6 }), finding({ start: 4, end: 9, label: 'X', outcome: 'blocked' })];
    expect(pieces('one two three', { edits: [], findings }).map((one) => [one.text, one.kind])).toEqual([
      ['one ', ''], ['two t', 'stopped'], ['hree', ''],
    ]);
    expect(pieces('one two', { edits: [edit(4, 7)], findings: [finding({ start: 0, end: 7 })] }).map((one) => one.kind)).toEqual(['', 'hidden']);
    expect(pieces('one', { edits: [], findings: [finding({ start: 2, end: 2, outcome: 'blocked' })] })).toEqual([{ text: 'one', kind: '' }]);
    expect(pieces('', { edits: [], findings: [] })).toEqual([]);
  });
});
