/** Every page and its address. A path is matched from the first line down. */
const ROUTES = {
  setup: '/setup',
  login: '/login',
  home: '/',
  chat: '/w/:ws',
  conversation: '/w/:ws/c/:conv',
  documents: '/w/:ws/documents',
  document: '/w/:ws/documents/:doc',
  search: '/w/:ws/search',
  graph: '/w/:ws/graph',
  entity: '/w/:ws/graph/:key',
  workspace: '/w/:ws/settings',
  people: '/people',
  models: '/models',
  guardrails: '/guardrails',
  keys: '/keys',
  settings: '/settings',
} as const;

export type RouteName = keyof typeof ROUTES | 'unknown';

export interface Route {
  name: RouteName;
  params: Record<string, string>;
  path: string;
}

export function match(path: string): Route {
  const parts = path.split('/').filter(Boolean);
  for (const [name, pattern] of Object.entries(ROUTES)) {
    const wanted = pattern.split('/').filter(Boolean);
    if (wanted.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((part, i) => {
      const value = safeDecode(parts[i]!);
      if (!part.startsWith(':')) return part === value;
      params[part.slice(1)] = value;
      return true;
    });
    if (fits) return { name: name as RouteName, params, path };
  }
  return { name: 'unknown', params: {}, path };
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

class Router {
  route = $state.raw<Route>(match(location.pathname));

  constructor() {
    addEventListener('popstate', () => this.sync());
    addEventListener('click', (event) => this.onClick(event));
  }

  /** The workspace of the page, or of the page before it. */
  get workspace(): string | undefined {
    const entry: unknown = history.state;
    const kept = entry && typeof entry === 'object' && 'workspace' in entry ? entry.workspace : undefined;
    return match(location.pathname).params['ws'] ?? (typeof kept === 'string' ? kept : undefined);
  }

  go(path: string, options: { replace?: boolean } = {}) {
    if (path !== location.pathname) {
      // The workspace goes along in the history entry, so that a page outside of any survives a reload with it.
      const entry = { workspace: match(path).params['ws'] ?? this.workspace };
      if (options.replace) history.replaceState(entry, '', path);
      else history.pushState(entry, '', path);
    }
    this.sync();
  }

  private sync() {
    this.route = match(location.pathname);
  }

  /** Plain clicks on links to our own pages do not load the page anew. */
  private onClick(event: MouseEvent) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (/^\/(api|v1)\//.test(link.pathname) || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    this.go(link.pathname);
  }
}

export const router = new Router();

/** The addresses of pages. */
export const to = {
  chat: (ws: string) => `/w/${ws}`,
  conversation: (ws: string, conv: string) => `/w/${ws}/c/${conv}`,
  documents: (ws: string) => `/w/${ws}/documents`,
  document: (ws: string, doc: string) => `/w/${ws}/documents/${doc}`,
  search: (ws: string) => `/w/${ws}/search`,
  graph: (ws: string) => `/w/${ws}/graph`,
  entity: (ws: string, key: string) => `/w/${ws}/graph/${encodeURIComponent(key)}`,
  workspace: (ws: string) => `/w/${ws}/settings`,
};
