import { api, asProblem, type Citation, type Problem, type SearchHit, type SearchMethod, type SearchRequest, type SearchResult } from '@/lib/api';

const FIRST = 10;
/** The most hits that the box gives. */
const MOST = 50;

export interface SearchFilters {
  method: SearchMethod;
  document: string;
  tag: string;
  type: string;
  language: string;
  /** Days, as a date field writes them; empty for any. */
  from: string;
  to: string;
  diverse: boolean;
}

const NONE: SearchFilters = { method: 'hybrid', document: '', tag: '', type: '', language: '', from: '', to: '', diverse: false };

/** A search in one workspace: what is asked, and what was found. It stays while other pages are open. */
export class Search {
  query = $state('');
  filters = $state<SearchFilters>({ ...NONE });
  answer = $state.raw<SearchResult | null>(null);
  /** What the answer is to. */
  asked = $state('');
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  private limit = FIRST;
  private abort = new AbortController();

  constructor(readonly workspace: string) {}

  /** How many filters narrow it; the method is not one. */
  get narrowed(): number {
    const { document, tag, type, language, from, to, diverse } = this.filters;
    return [document, tag, type, language, from, to, diverse].filter(Boolean).length;
  }

  /** Whether asking for more hits may give some. */
  get more(): boolean {
    return this.answer !== null && this.answer.hits.length >= this.limit && this.limit < MOST;
  }

  clearFilters() {
    this.filters = { ...NONE, method: this.filters.method };
  }

  /** Searches anew; an older search that still runs is dropped. */
  async run(limit = FIRST) {
    const query = this.query.trim();
    this.abort.abort();
    if (!query) return this.reset();
    const { signal } = (this.abort = new AbortController());
    this.limit = limit;
    this.busy = true;
    try {
      const answer = await api.documents.search(this.workspace, requestOf(query, this.filters, limit), signal);
      if (signal.aborted) return;
      [this.answer, this.asked, this.problem] = [answer, query, null];
    } catch (error) {
      if (!signal.aborted) [this.answer, this.problem] = [null, asProblem(error)];
    } finally {
      if (!signal.aborted) this.busy = false;
    }
  }

  showMore() {
    return this.run(MOST);
  }

  private reset() {
    this.answer = this.problem = null;
    this.asked = '';
    this.busy = false;
  }
}

/** What the box is asked. Days are those of the person who asks. */
export function requestOf(query: string, filters: SearchFilters, limit: number): SearchRequest {
  const { method, document, tag, type, language, from, to, diverse } = filters;
  const start = dayStart(from, 0);
  const end = dayStart(to, 1);
  return {
    query,
    limit,
    method,
    ...(document ? { documents: [document] } : {}),
    ...(tag ? { tags: [tag] } : {}),
    ...(language ? { languages: [language] } : {}),
    ...(type ? { types: [type] } : {}),
    ...(start ? { uploaded_from: start.toISOString() } : {}),
    ...(end ? { uploaded_to: end.toISOString() } : {}),
    ...(diverse ? { diverse } : {}),
  };
}

/** Midnight of a day, or of one that is so many days later. */
function dayStart(day: string, later: number): Date | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  return parts ? new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later) : null;
}

/** Hits as places that the drawer can walk through. */
export const asCitations = (hits: readonly SearchHit[]): Citation[] =>
  hits.map(({ document_id, title, page, start, end, text }, i) => ({
    marker: i + 1,
    document_id,
    title,
    start,
    end,
    quote: text,
    ...(page === undefined ? {} : { page }),
  }));

const searches = new Map<string, Search>();

export function searchOf(workspace: string): Search {
  let search = searches.get(workspace);
  if (!search) {
    search = new Search(workspace);
    searches.set(workspace, search);
  }
  return search;
}
