import { documents } from './documents';
import { client, data } from './http';
import { all } from './paging';
import type { AnswerSettings, EntityKind, PluginUsage, Role, StageRequest, TryRequest } from './types';

export * from './types';
export { Problem, asProblem } from './problem';

const ws = (id: string) => ({ path: { id } });

/** The box's API, one noun each. Every call throws `Problem` when it does not succeed. */
export const api = {
  setupState: () => data(client.GET('/api/v1/setup')),
  setup: (body: { token: string; email: string; name: string; password: string }) =>
    data(client.POST('/api/v1/setup', { body })),
  login: (email: string, password: string) => data(client.POST('/api/v1/auth/login', { body: { email, password } })),
  logout: () => data(client.POST('/api/v1/auth/logout')),

  me: () => data(client.GET('/api/v1/me')),
  rename: (name: string) => data(client.PATCH('/api/v1/me', { body: { name } })),
  changePassword: (current: string, next: string) =>
    data(client.POST('/api/v1/me/password', { body: { current, new: next } })),

  users: {
    list: () => all((query) => client.GET('/api/v1/users', { params: { query } })),
    create: (body: { email: string; name: string; password: string; role: Role }) =>
      data(client.POST('/api/v1/users', { body })),
    change: (id: string, body: { disabled?: boolean; role?: Role }) =>
      data(client.PATCH('/api/v1/users/{id}', { params: ws(id), body })),
    resetPassword: (id: string, password: string) =>
      data(client.POST('/api/v1/users/{id}/password', { params: ws(id), body: { password } })),
  },

  keys: {
    list: () => all((query) => client.GET('/api/v1/api-keys', { params: { query } })),
    create: (body: { name: string; workspace?: string; expires_at?: string }) =>
      data(client.POST('/api/v1/api-keys', { body })),
    revoke: (id: string) => data(client.DELETE('/api/v1/api-keys/{id}', { params: ws(id) })),
  },

  workspaces: {
    list: () => all((query) => client.GET('/api/v1/workspaces', { params: { query } })),
    create: (name: string) => data(client.POST('/api/v1/workspaces', { body: { name } })),
    change: (id: string, body: { name?: string; instructions?: string; answers?: Partial<AnswerSettings> }) =>
      data(client.PATCH('/api/v1/workspaces/{id}', { params: ws(id), body })),
    remove: (id: string) => data(client.DELETE('/api/v1/workspaces/{id}', { params: ws(id) })),
    members: (id: string) =>
      all((query) => client.GET('/api/v1/workspaces/{id}/members', { params: { ...ws(id), query } })),
    invite: (id: string, email: string) =>
      data(client.POST('/api/v1/workspaces/{id}/members', { params: ws(id), body: { email } })),
    changeMember: (id: string, user: string, role: 'owner' | 'member') =>
      data(client.PATCH('/api/v1/workspaces/{id}/members/{user}', { params: { path: { id, user } }, body: { role } })),
    removeMember: (id: string, user: string) =>
      data(client.DELETE('/api/v1/workspaces/{id}/members/{user}', { params: { path: { id, user } } })),
  },

  pipeline: {
    get: (id: string) => data(client.GET('/api/v1/workspaces/{id}/pipeline', { params: ws(id) })),
    set: (id: string, stages: StageRequest[]) =>
      data(client.PUT('/api/v1/workspaces/{id}/pipeline', { params: ws(id), body: { stages } })),
    reset: (id: string) => data(client.DELETE('/api/v1/workspaces/{id}/pipeline', { params: ws(id) })),
    try: (id: string, body: TryRequest, signal: AbortSignal) =>
      data(client.POST('/api/v1/workspaces/{id}/pipeline/try', { params: ws(id), body, signal })),
  },

  documents,

  graph: {
    view: (id: string, limit: number, around?: string) => {
      const query = around === undefined ? { limit } : { limit, around };
      return data(client.GET('/api/v1/workspaces/{id}/graph', { params: { ...ws(id), query } }));
    },
    page: (id: string, wanted: { q?: string; kind?: EntityKind; cursor?: string }) =>
      data(client.GET('/api/v1/workspaces/{id}/entities', { params: { ...ws(id), query: { ...wanted, limit: 50 } } })),
    entity: (id: string, key: string) =>
      data(client.GET('/api/v1/workspaces/{id}/entities/{key}', { params: { path: { id, key } } })),
  },

  conversations: {
    page: (id: string, cursor?: string) => {
      const query = cursor === undefined ? { limit: 50 } : { limit: 50, cursor };
      return data(client.GET('/api/v1/workspaces/{id}/conversations', { params: { ...ws(id), query } }));
    },
    create: (id: string) => data(client.POST('/api/v1/workspaces/{id}/conversations', { params: ws(id), body: {} })),
    get: (id: string) => data(client.GET('/api/v1/conversations/{id}', { params: ws(id) })),
    rename: (id: string, title: string) =>
      data(client.PATCH('/api/v1/conversations/{id}', { params: ws(id), body: { title } })),
    remove: (id: string) => data(client.DELETE('/api/v1/conversations/{id}', { params: ws(id) })),
  },

  turns: {
    list: (id: string) => all((query) => client.GET('/api/v1/conversations/{id}/turns', { params: { ...ws(id), query } })),
    get: (id: string, turn: string) =>
      data(client.GET('/api/v1/conversations/{id}/turns/{turn}', { params: { path: { id, turn } } })),
    /** Asks; the answer is an event stream. The same `key` never asks twice. */
    ask: async (id: string, question: { text: string; parent?: string }, key: string, signal: AbortSignal) => {
      const { response } = await client.POST('/api/v1/conversations/{id}/turns', {
        params: { ...ws(id), header: { 'Idempotency-Key': key } },
        headers: { accept: 'text/event-stream' },
        body: { ...question, stream: true },
        parseAs: 'stream',
        signal,
      });
      return response;
    },
    /** Follows a turn's events, from behind `after` or from the start. */
    follow: async (id: string, turn: string, after: string, signal: AbortSignal) => {
      const { response } = await client.GET('/api/v1/conversations/{id}/turns/{turn}/events', {
        params: { path: { id, turn } },
        headers: { accept: 'text/event-stream', ...(after ? { 'last-event-id': after } : {}) },
        parseAs: 'stream',
        signal,
      });
      return response;
    },
    cancel: (id: string, turn: string) =>
      data(client.POST('/api/v1/conversations/{id}/turns/{turn}/cancel', { params: { path: { id, turn } } })),
  },

  models: () => all((query) => client.GET('/api/v1/models', { params: { query } })),
  plugins: () => all((query) => client.GET('/api/v1/plugins', { params: { query } })),
  usePlugin: (name: string, usage: PluginUsage) =>
    data(client.PATCH('/api/v1/plugins/{name}', { params: { path: { name } }, body: { usage } })),
  system: () => data(client.GET('/api/v1/system')),
  /** Whether questions can be answered now; everybody may ask. */
  ready: () => fetch('/readyz', { cache: 'no-store' }).then((response) => response.ok),
};
