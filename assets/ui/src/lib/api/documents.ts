import { client, data, upload } from './http';
import { all } from './paging';
import type { Document, DocumentChange, SearchRequest } from './types';

const one = (id: string, document: string) => ({ path: { id, document } });

export interface DocumentFilter {
  title?: string;
  tag?: string;
  state?: 'working' | 'indexed' | 'failed';
}

/** The longest list that a page takes in; beyond it the box is asked with filters. */
export const MOST_LISTED = 2000;
const MOST_PASSAGES = 5000;

/** The documents of a workspace. */
export const documents = {
  list: (id: string, filter: DocumentFilter = {}, most = MOST_LISTED) =>
    all(
      (query) => client.GET('/api/v1/workspaces/{id}/documents', { params: { path: { id }, query: { ...query, ...filter } } }),
      most,
    ),
  get: (id: string, document: string) =>
    data(client.GET('/api/v1/workspaces/{id}/documents/{document}', { params: one(id, document) })),
  text: (id: string, document: string) =>
    data(client.GET('/api/v1/workspaces/{id}/documents/{document}/text', { params: one(id, document), parseAs: 'text' })),
  passages: (id: string, document: string) =>
    all(
      (query) => client.GET('/api/v1/workspaces/{id}/documents/{document}/passages', { params: { ...one(id, document), query } }),
      MOST_PASSAGES,
    ),
  /** The bytes that were uploaded. */
  original: (id: string, document: string) =>
    data(client.GET('/api/v1/workspaces/{id}/documents/{document}/file', { params: one(id, document), parseAs: 'blob' })),
  /** Where a browser fetches them to keep; the box sends them as an attachment. */
  originalPath: (id: string, document: string) => `/api/v1/workspaces/${id}/documents/${document}/file`,
  upload: async (
    id: string,
    { file, name, replaces }: { file: File; name: string; replaces?: string },
    progress: (share: number) => void,
    signal: AbortSignal,
  ) => {
    const path = `/api/v1/workspaces/${id}/documents${replaces ? `?replaces=${replaces}` : ''}`;
    return JSON.parse(await upload(path, file, name, progress, signal)) as Document;
  },
  change: (id: string, document: string, body: DocumentChange) =>
    data(
      client.PATCH('/api/v1/workspaces/{id}/documents/{document}', {
        params: one(id, document),
        // The description cannot say that `null` is taken as well.
        body: body as Omit<DocumentChange, 'members'> & { members?: string[] },
      }),
    ),
  retry: (id: string, document: string) =>
    data(client.POST('/api/v1/workspaces/{id}/documents/{document}/retry', { params: one(id, document) })),
  cancel: (id: string, document: string) =>
    data(client.POST('/api/v1/workspaces/{id}/documents/{document}/cancel', { params: one(id, document) })),
  remove: (id: string, document: string) =>
    data(client.DELETE('/api/v1/workspaces/{id}/documents/{document}', { params: one(id, document) })),
  /** Follows what becomes of them, as an event stream. */
  follow: async (id: string, signal: AbortSignal) => {
    const { response } = await client.GET('/api/v1/workspaces/{id}/documents/events', {
      params: { path: { id } },
      headers: { accept: 'text/event-stream' },
      parseAs: 'stream',
      signal,
    });
    return response;
  },
  search: (id: string, body: SearchRequest, signal: AbortSignal) =>
    data(
      client.POST('/api/v1/workspaces/{id}/search', {
        params: { path: { id } },
        body: { diverse: false, documents: [], languages: [], tags: [], types: [], ...body },
        signal,
      }),
    ),
};
