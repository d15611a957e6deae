import { api, asProblem, type Document, type Problem } from '@/lib/api';
import { t } from '@/lib/strings';
import { router, type RouteName } from './router.svelte';
import { toasts } from './toasts.svelte';

/** One file on its way to the box. */
export class Upload {
  share = $state(0);
  problem = $state.raw<Problem | null>(null);
  state = $state<'waiting' | 'sending' | 'sent'>('waiting');
  readonly abort = new AbortController();

  constructor(
    readonly id: number,
    readonly file: File,
  ) {}
}

const AT_ONCE = 2;
/** How long to wait between looks: less while things move, more while they stand. */
const POLL_MS = { least: 800, most: 5000, growth: 1.4 };
const POLLED_AT_ONCE = 8;

/** Pages on which documents are seen to get ready. */
const SHOWS_STATES = new Set<RouteName>(['documents', 'chat', 'setup']);

/** Whether it is on its way to being ready. */
export const isMoving = (document: Document) => document.state !== 'indexed' && document.state !== 'failed';

/** The documents of one workspace, and the files being sent to it. */
export class Documents {
  list = $state<Document[]>([]);
  uploads = $state<Upload[]>([]);
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);
  private nextUpload = 1;
  private wait = POLL_MS.least;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly workspace: string) {}

  async load() {
    try {
      this.list = newestFirst(await api.documents.list(this.workspace));
      this.loaded = true;
      this.problem = null;
      this.poll();
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  /** Queues files; two are sent at once. */
  add(files: Iterable<File>) {
    for (const file of files) this.uploads.push(new Upload(this.nextUpload++, file));
    this.pump();
  }

  dismiss(upload: Upload) {
    upload.abort.abort();
    this.uploads = this.uploads.filter((other) => other.id !== upload.id);
    this.pump();
  }

  again(upload: Upload) {
    this.dismiss(upload);
    this.add([upload.file]);
  }

  async remove(document: Document) {
    await api.documents.remove(this.workspace, document.id);
    this.list = this.list.filter((other) => other.id !== document.id);
  }

  titleOf(id: string): string | undefined {
    return this.list.find((document) => document.id === id)?.title;
  }

  get ready(): number {
    return this.list.filter((document) => document.state === 'indexed').length;
  }

  private pump() {
    const sending = this.uploads.filter((upload) => upload.state === 'sending' && !upload.problem).length;
    const waiting = this.uploads.filter((upload) => upload.state === 'waiting');
    for (const upload of waiting.slice(0, AT_ONCE - sending)) void this.send(upload);
  }

  private async send(upload: Upload) {
    upload.state = 'sending';
    try {
      const document = await api.documents.upload(
        this.workspace,
        upload.file,
        (share) => (upload.share = share),
        upload.abort.signal,
      );
      upload.state = 'sent';
      this.put(document);
      this.wait = POLL_MS.least;
      this.uploads = this.uploads.filter((other) => other.id !== upload.id);
      this.poll();
    } catch (error) {
      if (!upload.abort.signal.aborted) upload.problem = asProblem(error);
    }
    this.pump();
  }

  /** Asks for the state of documents that still move, until none does. */
  private poll() {
    if (this.timer !== undefined || !this.list.some(isMoving)) return;
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
      const now = await api.documents.get(this.workspace, document.id);
      if (!this.list.some((other) => other.id === document.id)) return false;
      this.put(now);
      if (now.state === 'indexed' && !SHOWS_STATES.has(router.route.name)) toasts.done(t.documents.ready(now.title));
      return now.state !== document.state || now.done !== document.done;
    } catch (error) {
      if (asProblem(error).status === 404) this.list = this.list.filter((other) => other.id !== document.id);
      return false;
    }
  }

  private put(document: Document) {
    const others = this.list.filter((other) => other.id !== document.id);
    this.list = newestFirst([...others, document]);
  }
}

const newestFirst = (list: Document[]) => [...list].sort((a, b) => b.id.localeCompare(a.id));

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
