import { describe, expect, it, vi } from 'vitest';

vi.stubGlobal('location', { pathname: '/', origin: 'http://box' });
vi.stubGlobal('addEventListener', () => undefined);
const { asCitations, requestOf } = await import('@/lib/state/search.svelte');

const none = { method: 'hybrid' as const, document: '', tag: '', type: '', language: '', from: '', to: '', diverse: false };

describe('a search', () => {
  it('asks for no more than what was chosen', () => {
    expect(requestOf('oil', none, 10)).toEqual({ query: 'oil', limit: 10, method: 'hybrid' });
    const all = { ...none, method: 'lexical' as const, document: 'doc_1', tag: 'lamp', type: 'pdf', language: 'de', diverse: true };
    expect(requestOf('oil', all, 50)).toEqual({
      query: 'oil', limit: 50, method: 'lexical', documents: ['doc_1'], tags: ['lamp'], types: ['pdf'], languages: ['de'], diverse: true,
    });
  });

  it('takes days whole, as they are where the person is', () => {
    const { uploaded_from: from, uploaded_to: to } = requestOf('oil', { ...none, from: '2026-02-28', to: '2026-02-28' }, 10);
    expect(new Date(from!)).toEqual(new Date(2026, 1, 28));
    expect(new Date(to!)).toEqual(new Date(2026, 2, 1));
    expect(requestOf('oil', { ...none, from: 'x' }, 10).uploaded_from).toBeUndefined();
  });

  it('gives places to walk through', () => {
    const hit = { document_id: 'doc_1', title: 'a.md', ordinal: 4, start: 5, end: 8, headings: [], text: 'oil', score: 1, highlights: [], why: { fused_rank: 1 } };
    expect(asCitations([hit, { ...hit, page: 3 }])).toEqual([
      { marker: 1, document_id: 'doc_1', title: 'a.md', start: 5, end: 8, quote: 'oil' },
      { marker: 2, document_id: 'doc_1', title: 'a.md', start: 5, end: 8, quote: 'oil', page: 3 },
    ]);
  });
});
