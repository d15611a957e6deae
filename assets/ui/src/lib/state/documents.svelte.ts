import { api, asProblem, type Document, type DocumentChange, type Problem } from '@/lib/api';
import { MOST_LISTED } from '@/lib/api/documents';
import type { Source } from '@/lib/files/walk';
import { t } from '@/lib/strings';
import { follow } from './follow';
import { router, type RouteName } from './router.svelte';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';
import { Uploads, type Upload } from './uploads.svelte';

/** How long to wait between looks where no stream tells: less while things move, more while they stand. */
const POLL_MS = { least: 800, most: 5000, growth: 1.4 };
const POLLED_AT_ONCE = 8;
/** A page that nobody has looked at for so long gives its connection back. */
const HIDDEN_MS = 30_000;

/** Pages on which documents are seen to get ready. */
const SHOWS_STATES = new Set<RouteName>(['documents', 'chat', 'setup']);

/** Whether it is on its way to being ready. */
export const isMoving = (document: Document) => document.state !== 'indexed' && document.state !== 'failed';

/** The documents of one workspace, and the files being sent to it. */
export class Documents {
  list = $state.raw<Document[]>([]);
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** Whether the box tells of changes by itself. */
  live = $state(false);
  readonly queue: Uploads;
  /** What was heard while the list was being read: it is newer. */
  private heard: Map<string, Document | null> | null = null;
  /** How often the stream told of something, and which word was its last on a document. */
  private words = 0;
  private readonly told = new Map<string, number>();
  private watchers = 0;
  private unfollow: (() => void) | null = null;
  private asleep = false;
  private wait = POLL_MS.least;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly workspace: string) {
    this.queue = new Uploads(this);
    let hidden: ReturnType<typeof setTimeout> | undefined;
    document.addEventListener('visibilitychange', () => {
      clearTimeout(hidden);
      const turn = (asleep: boolean) => {
        this.asleep = asleep;
        this.tend();
      };
      if (document.hidden) hidden = setTimeout(turn, HIDDEN_MS, true);
      else turn(false);
    });
  }

  async load() {
    const heard = (this.heard = new Map());
    try {
      const list = await api.documents.list(this.workspace);
      // Another look began meanwhile: that one knows better.
      if (this.heard !== heard) return;
      this.list = newestFirst(list);
      this.loaded = true;
      this.problem = null;
      this.heard = null;
      for (const [id, document] of heard) {
        if (document) this.put(document);
        else this.drop(id);
      }
      this.tend();
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  /** Whether there are more than are listed here. */
  get partial(): boolean {
    return this.list.length >= MOST_LISTED;
  }

  /** Files that are on their way or were refused. */
  get uploads(): Upload[] {
    return this.queue.items.filter((upload) => upload.active || upload.state === 'refused');
  }

  /** Queues files, and all that is in folders and archives. */
  add(sources: Iterable<Source>) {
    void this.queue.add(sources);
  }

  again(upload: Upload) {
    this.queue.again(upload);
  }

  async remove(document: Document) {
    await api.documents.remove(this.workspace, document.id);
    this.drop(document.id);
  }

  async change(document: Document, change: DocumentChange) {
    await this.answer(() => api.documents.change(this.workspace, document.id, change));
  }

  /** Has a document that failed worked on again, or ends the work on one. */
  async order(document: Document, what: 'retry' | 'cancel') {
    await this.answer(() => api.documents[what](this.workspace, document.id));
  }

  titleOf(id: string): string | undefined {
    return this.list.find((document) => document.id === id)?.title;
  }

  get ready(): number {
    return this.list.filter((document) => document.state === 'indexed').length;
  }

  /** The newest document of that name that is of use. */
  async named(title: string): Promise<Document | undefined> {
    const fits = (one: Document) => one.title === title && one.state !== 'failed';
    const known = this.list.find(fits);
    if (known || (this.loaded && !this.partial)) return known;
    return (await api.documents.list(this.workspace, { title }, 100)).find(fits);
  }

  hasNamed(title: string): boolean {
    return this.list.some((one) => one.title === title && one.state !== 'failed');
  }

  /** Keeps the list fresh until the function that it gives back is called. */
  watch(): () => void {
    this.watchers += 1;
    this.tend();
    return () => {
      this.watchers -= 1;
      this.tend();
    };
  }

  /**
   * Takes what the box answers about a document, unless the stream told of it while the answer was on its way: a small
   * file is indexed before its upload is answered.
   */
  async answer(asked: () => Promise<Document>): Promise<Document> {
    const since = this.words;
    const document = await asked();
    if (!this.isOld(document, since)) this.put(document);
    return document;
  }

  private isOld(document: Document, since: number): boolean {
    return (this.told.get(document.id) ?? 0) > since;
  }

  /** Takes the newest word on a document. */
  private put(document: Document) {
    this.heard?.set(document.id, document);
    // Newest first: it stands where the first one begins that is not newer.
    const at = this.list.findIndex((other) => other.id <= document.id);
    if (this.list[at]?.id === document.id) this.list = this.list.with(at, document);
    else this.list = this.list.toSpliced(at < 0 ? this.list.length : at, 0, document);
    this.tend();
  }

  private drop(id: string) {
    this.heard?.set(id, null);
    this.list = this.list.filter((other) => other.id !== id);
  }

  /** Follows the box's own word while something may change and somebody looks, and lets go else. */
  private tend() {
    const wanted = (!this.asleep && this.watchers > 0) || this.queue.busy || (!this.asleep && this.list.some(isMoving));
    if (!wanted) {
      this.unfollow?.();
      this.unfollow = null;
      this.live = false;
      return;
    }
    this.unfollow ??= follow(this.workspace, {
      open: () => {
        this.live = true;
        // What became ready before the stream was open is not told by it.
        void this.load();
      },
      document: (document) => {
        this.told.set(document.id, ++this.words);
        this.hear(document);
      },
      removed: (id) => this.drop(id),
      lost: () => {
        this.live = false;
        this.wait = POLL_MS.least;
        this.poll();
      },
    });
    this.poll();
  }

  private hear(now: Document) {
    const before = this.list.find((other) => other.id === now.id);
    this.put(now);
    const arrived = now.state === 'indexed' && before !== undefined && isMoving(before);
    if (arrived && now.uploaded_by === session.me?.id && !SHOWS_STATES.has(router.route.name)) toasts.done(t.documents.ready(now.title));
  }

  /** Asks for the state of documents that still move, while no stream tells of them. */
  private poll() {
    if (this.live || this.timer !== undefined || !this.list.some(isMoving)) return;
    this.timer = setTimeout(async () => {
      const moving = this.list.filter(isMoving).slice(-POLLED_AT_ONCE);
      const moved = await Promise.all(moving.map((document) => this.look(document)));
      this.wait = moved.includes(true) ? POLL_MS.least : Math.min(this.wait * POLL_MS.growth, POLL_MS.most);
      this.timer = undefined;
      this.poll();
    }, this.wait);
  }

  /** Takes the newest word on a document; whether anything about it is new. */
  private async look(document: Document): Promise<boolean> {
    try {
      const since = this.words;
      const now = await api.documents.get(this.workspace, document.id);
      if (this.isOld(now, since) || !this.list.some((other) => other.id === document.id)) return false;
      this.hear(now);
      return now.state !== document.state || now.done !== document.done;
    } catch (error) {
      if (asProblem(error).status === 404) this.drop(document.id);
      return false;
    }
  }
}

/** Ids count up with time. */
const newestFirst = (list: Document[]) => [...list].sort((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));

const shelves = new Map<string, Documents>();

/** The documents of a workspace; made and loaded on first use. */
export function documentsOf(workspace: string): Documents {
  let shelf = shelves.get(workspace);
  if (!shelf) {
    shelf = new Documents(workspace);
    shelves.set(workspace, shelf);
    void shelf.load();
  }
  return shelf;
}
