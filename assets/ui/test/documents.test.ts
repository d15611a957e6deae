import { describe, expect, it, vi } from 'vitest';
import type { Document } from '@/lib/api';

const follow = vi.hoisted(() => ({ on: null as null | { document: (document: Document) => void } }));
vi.mock('@/lib/state/follow', () => ({
  follow: (_workspace: string, on: typeof follow.on) => {
    follow.on = on;
    return () => undefined;
  },
}));

vi.mock('@/lib/state/router.svelte', () => ({ router: { route: { name: 'documents' } } }));
vi.stubGlobal('document', { addEventListener: () => undefined, hidden: false });
const { Documents } = await import('@/lib/state/documents.svelte');

const named = (state: string) => ({ id: 'doc_1', title: 'a.md', state, uploaded_by: 'usr_1' }) as Document;

describe('the documents of a workspace', () => {
  it('do not go back to what they were before the stream told of them', async () => {
    const documents = new Documents('ws_1');
    documents.watch();
    const late = documents.answer(async () => {
      // Indexed before the upload is answered.
      follow.on?.document(named('indexed'));
      return named('queued');
    });
    expect((await late).state).toBe('queued');
    expect(documents.list.map(({ state }) => state)).toEqual(['indexed']);

    await documents.answer(async () => named('failed'));
    expect(documents.list.map(({ state }) => state)).toEqual(['failed']);
  });
});
