import { api, asProblem, type Document, type DocumentEvents } from '@/lib/api';
import { readEvents } from '@/lib/api/sse';

export interface Followed {
  /** The stream is open: nothing is missed from here on. */
  open: () => void;
  document: (document: Document) => void;
  removed: (id: string) => void;
  /** The stream broke; it is tried again, unless the box will not have it. */
  lost: () => void;
}

const WAIT_MS = { least: 1000, most: 30_000 };
/** Answers after which asking again is of no use: signed out, not a member, no such thing. */
const FINAL = new Set([401, 403, 404, 405]);

/** Follows the documents of a workspace until it is told to stop. */
export function follow(workspace: string, on: Followed): () => void {
  const abort = new AbortController();
  void run(workspace, on, abort.signal);
  return () => abort.abort();
}

async function run(workspace: string, on: Followed, signal: AbortSignal) {
  let wait = WAIT_MS.least;
  while (!signal.aborted) {
    try {
      const response = await api.documents.follow(workspace, signal);
      if (signal.aborted) return;
      on.open();
      wait = WAIT_MS.least;
      for await (const { event, data } of readEvents(response)) {
        if (signal.aborted) return;
        take(event, data, on);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (FINAL.has(asProblem(error).status)) return on.lost();
    }
    on.lost();
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, WAIT_MS.most);
  }
}

function take(event: string, data: string, on: Followed) {
  const read = <Name extends keyof DocumentEvents>(_name: Name) => JSON.parse(data) as DocumentEvents[Name];
  if (event === 'document') on.document(read('document'));
  else if (event === 'removed') on.removed(read('removed').id);
  // The box ends the stream with its reason; whether it is of use to come back is told by the next answer.
  else if (event === 'error') throw new TypeError('the stream was ended');
}
