import { conversationsOf } from './conversations.svelte';
import { Thread } from './thread.svelte';

/** How many conversations are kept at hand. */
const KEPT = 12;

/**
 * Open conversations. One that is being answered stays connected when another is opened: the box
 * ends an answer that nobody has read for a minute.
 */
const threads = new Map<string, Thread>();

/** Counts changes of the map, for what is derived from it. */
class Version {
  count = $state(0);
}
const version = new Version();

export function threadOf(workspace: string, id: string): Thread {
  let thread = threads.get(id);
  if (!thread) {
    thread = new Thread(id, () => void conversationsOf(workspace).refresh(id));
    threads.set(id, thread);
    void thread.load();
    forgetOldest(id);
    // Not at once: a thread may be made while a page is being derived.
    queueMicrotask(() => (version.count += 1));
  }
  return thread;
}

export function forget(id: string) {
  threads.get(id)?.dispose();
  threads.delete(id);
  version.count += 1;
}

/** Whether an answer is being made in that conversation, as far as this page knows. */
export function isAnswering(id: string): boolean {
  return version.count >= 0 && (threads.get(id)?.busy ?? false);
}

function forgetOldest(but: string) {
  for (const [id, thread] of threads) {
    if (threads.size <= KEPT) return;
    if (id === but || thread.busy) continue;
    thread.dispose();
    threads.delete(id);
  }
}
