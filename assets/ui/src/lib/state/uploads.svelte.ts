import { api, asProblem, type Document, type Problem } from '@/lib/api';
import { gather, type Gathered } from '@/lib/files/gather';
import type { Skipped, Source } from '@/lib/files/walk';
import { t } from '@/lib/strings';
import { clashes, type ClashChoice } from './clashes.svelte';
import { router } from './router.svelte';
import { toasts } from './toasts.svelte';

/** `here`: the same bytes are in the workspace already. */
export type UploadState = 'waiting' | 'asking' | 'sending' | 'done' | 'here' | 'refused';

/** One file on its way to the box. */
export class Upload {
  share = $state(0);
  state = $state<UploadState>('waiting');
  problem = $state.raw<Problem | null>(null);
  /** What it became, or what was there already. */
  document = $state.raw<{ id: string; title: string } | null>(null);
  abort = new AbortController();
  tries = 0;
  /** Whether its name was looked for among those that are there. */
  cleared = false;
  replaces: string | undefined;

  constructor(
    readonly id: number,
    readonly from: Gathered,
  ) {}

  get name(): string {
    return this.from.title;
  }

  get size(): number {
    return this.from.size;
  }

  get active(): boolean {
    return this.state === 'waiting' || this.state === 'asking' || this.state === 'sending';
  }
}

const AT_ONCE = 3;
/** How often a file is sent again by itself: when the box is busy, and when it was not reached. */
const TRIES = { busy: 20, offline: 3 };
const REST_MS = 2000;
/** Files up to this size are compared with the document of the same name before anything is asked. */
const COMPARED_BYTES = 16 << 20;

/** What the queue needs of the documents that are there. */
export interface Shelf {
  readonly workspace: string;
  /** Takes the answer, unless something newer is known by then. */
  answer(asked: () => Promise<Document>): Promise<Document>;
  named(title: string): Promise<Document | undefined>;
  hasNamed(title: string): boolean;
  load(): Promise<void>;
}

/** The files being sent to one workspace. */
export class Uploads {
  items = $state.raw<Upload[]>([]);
  skipped = $state.raw<Skipped[]>([]);
  /** How many files were found so far in what was dropped; null when nothing is being looked through. */
  looking = $state<number | null>(null);
  /** Whether the box asked to wait a little. */
  resting = $state(false);
  private queue: Upload[] = [];
  private running = new Set<Upload>();
  private nextId = 1;
  private lookers = 0;
  private standing: ClashChoice | undefined;
  /** Documents made by this queue: no file clashes with another of the same drop. */
  private made = new Set<string>();
  private reported = new WeakSet<object>();

  constructor(private readonly shelf: Shelf) {}

  /** Takes in what was dropped or picked: folders and archives are looked through first. */
  async add(sources: Iterable<Source>) {
    this.looking ??= 0;
    this.lookers += 1;
    const { files, skipped } = await gather([...sources], (found) => (this.looking = found));
    this.lookers -= 1;
    if (this.lookers === 0) this.looking = null;
    this.skipped = [...this.skipped, ...skipped];
    const added = files.map((from) => new Upload(this.nextId++, from));
    this.items = [...this.items, ...added];
    this.queue.push(...added);
    if (added.length > 0) addEventListener('beforeunload', warn);
    this.pump();
  }

  /** Takes a file out, wherever it stands. */
  dismiss(upload: Upload) {
    this.queue = this.queue.filter((other) => other !== upload);
    this.items = this.items.filter((other) => other !== upload);
    upload.abort.abort();
    this.pump();
  }

  again(upload: Upload) {
    upload.problem = null;
    upload.share = 0;
    upload.tries = 0;
    upload.abort = new AbortController();
    upload.state = 'waiting';
    this.queue.push(upload);
    this.pump();
  }

  againAll() {
    for (const upload of this.items.filter((one) => one.state === 'refused')) this.again(upload);
  }

  /** Stops everything that has not arrived yet. */
  stop() {
    const active = this.items.filter((upload) => upload.active);
    this.queue = [];
    this.items = this.items.filter((upload) => !upload.active);
    for (const upload of active) upload.abort.abort();
    this.pump();
  }

  /** Forgets what is over. */
  clear() {
    this.items = this.items.filter((upload) => upload.active);
    this.skipped = [];
  }

  get busy(): boolean {
    return this.looking !== null || this.queue.length > 0 || this.running.size > 0;
  }

  private pump() {
    while (!this.resting && this.running.size < AT_ONCE) {
      const upload = this.queue.shift();
      if (!upload) break;
      this.running.add(upload);
      void this.send(upload).finally(() => {
        this.running.delete(upload);
        this.pump();
      });
    }
    if (!this.busy) this.settle();
  }

  /** Once all is over: files that arrived are in the list of documents, and need no line of their own. */
  private settle() {
    removeEventListener('beforeunload', warn);
    this.standing = undefined;
    this.made.clear();
    this.report();
    if (this.skipped.length === 0 && this.items.every((upload) => upload.state === 'done')) this.items = [];
  }

  /** Says on other pages that not all of it went as wished; the page of documents shows the list itself. */
  private report() {
    const apart = [
      ...this.items.filter((upload) => upload.state === 'here' || upload.state === 'refused'),
      ...this.skipped,
    ].filter((one) => !this.reported.has(one));
    for (const one of apart) this.reported.add(one);
    if (apart.length > 0 && router.route.name !== 'documents') toasts.error(t.documents.queue.apart(apart.length));
  }

  private async send(upload: Upload) {
    const { signal } = upload.abort;
    try {
      upload.state = 'sending';
      const file = await upload.from.open();
      if (!(await this.mayGo(upload, file)) || signal.aborted) return;
      upload.state = 'sending';
      const { name, replaces } = upload;
      const what = { file, name, ...(replaces ? { replaces } : {}) };
      const send = () => api.documents.upload(this.shelf.workspace, what, (share) => (upload.share = share), signal);
      const document = await this.shelf.answer(send);
      this.made.add(document.id);
      upload.document = document;
      upload.state = 'done';
    } catch (error) {
      if (!signal.aborted) this.failed(upload, asProblem(error));
      // It may have been taken in whole before it was stopped.
      else if (upload.share === 1) void this.shelf.load();
    }
  }

  private failed(upload: Upload, problem: Problem) {
    upload.share = 0;
    upload.tries += 1;
    if (problem.code === 'document_exists') {
      upload.document = problem.document ?? null;
      upload.state = 'here';
    } else if (problem.passing && upload.tries <= (problem.status === 0 ? TRIES.offline : TRIES.busy)) {
      upload.state = 'waiting';
      this.queue.unshift(upload);
      this.rest(problem.retryAfter ? problem.retryAfter * 1000 : REST_MS);
    } else {
      upload.problem = problem;
      upload.state = 'refused';
    }
  }

  private rest(ms: number) {
    if (this.resting) return;
    this.resting = true;
    setTimeout(() => {
      this.resting = false;
      this.pump();
    }, ms);
  }

  /** Looks whether the name is taken, and asks what to do if it is; false if the file is not to be sent. */
  private async mayGo(upload: Upload, file: File): Promise<boolean> {
    if (upload.cleared) return true;
    const present = await this.shelf.named(upload.name);
    if (present && !this.made.has(present.id)) {
      if (await this.same(file, present)) {
        upload.document = present;
        upload.state = 'here';
        return false;
      }
      const choice = this.standing ?? (await this.ask(upload, present));
      if (choice === 'skip') {
        this.skipped = [...this.skipped, { path: upload.from.path, why: 'chosen' }];
        this.items = this.items.filter((other) => other !== upload);
        return false;
      }
      if (choice === 'replace') upload.replaces = present.id;
    }
    upload.cleared = true;
    return true;
  }

  private ask(upload: Upload, present: Document): Promise<ClashChoice> {
    upload.state = 'asking';
    clashes.standing = (choice) => (this.standing = choice);
    const more = () => this.items.filter((one) => one !== upload && one.active && !one.cleared && this.shelf.hasNamed(one.name)).length;
    return clashes.ask({ name: upload.name, size: upload.size, present, more });
  }

  /** Whether it is, byte for byte, what is there: then there is nothing to ask. */
  private async same(file: File, present: Document): Promise<boolean> {
    if (file.size !== present.bytes || file.size > COMPARED_BYTES) return false;
    try {
      const original = await api.documents.original(this.shelf.workspace, present.id);
      const [ours, theirs] = await Promise.all([bytesOf(file), bytesOf(original)]);
      return ours.length === theirs.length && ours.every((byte, i) => byte === theirs[i]);
    } catch {
      // Then it is asked; the box knows its own documents by their bytes in any case.
      return false;
    }
  }
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

/** Files that are still on their way would be lost with the page. */
function warn(event: BeforeUnloadEvent) {
  event.preventDefault();
}
