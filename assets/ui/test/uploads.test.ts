import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Document } from '@/lib/api';

const box = vi.hoisted(() => ({
  upload: vi.fn(),
  original: vi.fn(),
  told: [] as string[],
}));
vi.mock('@/lib/api', async () => {
  const { Problem, asProblem } = await import('@/lib/api/problem');
  return { api: { documents: { upload: box.upload, original: box.original } }, Problem, asProblem };
});
vi.mock('@/lib/state/router.svelte', () => ({ router: { route: { name: 'documents' } } }));
vi.mock('@/lib/state/toasts.svelte', () => ({ toasts: { error: (text: string) => box.told.push(text) } }));
vi.stubGlobal('addEventListener', () => undefined);
vi.stubGlobal('removeEventListener', () => undefined);

const { Problem } = await import('@/lib/api/problem');
const { clashes } = await import('@/lib/state/clashes.svelte');
const { Uploads } = await import('@/lib/state/uploads.svelte');

const file = (name: string, text = name) => new File([text], name);
const present = (title: string, bytes = 1) => ({ id: `old ${title}`, title, bytes, state: 'indexed' }) as Document;

/** A queue before a shelf with these documents; `sent` are the calls that reached the box. */
function queueBefore(...there: Document[]) {
  const put: Document[] = [];
  const named = (title: string) => there.find((one) => one.title === title);
  const shelf = {
    workspace: 'ws',
    answer: async (asked: () => Promise<Document>) => {
      const document = await asked();
      put.push(document);
      return document;
    },
    named: (title: string) => Promise.resolve(named(title)),
    hasNamed: (title: string) => named(title) !== undefined,
    load: () => Promise.resolve(),
  };
  return { queue: new Uploads(shelf), put };
}
const over = (queue: InstanceType<typeof Uploads>) => vi.waitFor(() => expect(queue.busy).toBe(false), { timeout: 5000 });
const states = (queue: InstanceType<typeof Uploads>) => queue.items.map((upload) => [upload.name, upload.state]);
const sentNames = () => box.upload.mock.calls.map(([, what]) => [what.name, what.replaces]);

beforeEach(() => {
  box.upload.mockReset();
  box.original.mockReset();
  box.upload.mockImplementation((_ws: string, { name }: { name: string }) => Promise.resolve({ id: `new ${name}`, title: name }));
});

describe('files on their way', () => {
  it('go three at a time, each once', async () => {
    let [now, most] = [0, 0];
    box.upload.mockImplementation(async (_ws, { name }) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      return { id: `new ${name}`, title: name };
    });
    const { queue, put } = queueBefore();
    await queue.add(Array.from({ length: 10 }, (_, i) => file(`${i}.txt`)));
    await over(queue);
    expect(most).toBe(3);
    expect(put.map(({ title }) => title).sort()).toEqual(Array.from({ length: 10 }, (_, i) => `${i}.txt`));
    expect(queue.items).toEqual([]);
  });

  it('that are there already, or are refused, say so and stay', async () => {
    box.upload.mockImplementation(async (_ws, { name }) => {
      if (name === 'copy.txt') throw new Problem(409, 'document_exists', 'it is here', undefined, undefined, undefined, { id: 'old', title: 'a.txt' });
      if (name === 'huge.txt') throw new Problem(413, 'file_too_large', 'the file is larger than 32 MiB', 'Split it.');
      return { id: name, title: name };
    });
    const { queue } = queueBefore();
    await queue.add([file('a.txt'), file('copy.txt'), file('huge.txt'), file('.DS_Store')]);
    await over(queue);
    expect(states(queue)).toEqual([['a.txt', 'done'], ['copy.txt', 'here'], ['huge.txt', 'refused']]);
    expect(queue.items[1]!.document).toEqual({ id: 'old', title: 'a.txt' });
    expect(queue.items[2]!.problem).toMatchObject({ message: 'The file is larger than 32 MiB.', hint: 'Split it.' });
    expect(queue.skipped).toEqual([{ path: '.DS_Store', why: 'litter' }]);
    queue.clear();
    expect([queue.items, queue.skipped]).toEqual([[], []]);
  });

  it('are sent again by themselves when the box is busy, and at a word when they were refused', async () => {
    let calls = 0;
    box.upload.mockImplementation(async (_ws, { name }) => {
      calls += 1;
      if (calls === 1) throw new Problem(503, 'uploads_busy', 'other uploads are being taken in', undefined, undefined, 0.01);
      if (calls === 2) throw new Problem(400, 'body_unreadable', 'the upload broke off');
      return { id: name, title: name };
    });
    const { queue, put } = queueBefore();
    await queue.add([file('a.txt')]);
    await vi.waitFor(() => expect(queue.items[0]?.state).toBe('refused'));
    await over(queue);
    queue.againAll();
    await over(queue);
    expect([calls, put.length, queue.items.length]).toEqual([3, 1, 0]);
  });

  it('can be stopped, and those behind them go on', async () => {
    box.upload.mockImplementation((_ws, { name }, _progress, signal: AbortSignal) =>
      name === 'slow.txt'
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError'))))
        : Promise.resolve({ id: name, title: name }),
    );
    const { queue, put } = queueBefore();
    await queue.add([file('slow.txt'), file('quick.txt')]);
    await vi.waitFor(() => expect(put.length).toBe(1));
    queue.dismiss(queue.items[0]!);
    await over(queue);
    expect(states(queue)).toEqual([]);
  });
});

describe('names that are taken', () => {
  it('are no question when the bytes are the same', async () => {
    box.original.mockResolvedValue(new Blob(['same']));
    const { queue } = queueBefore(present('a.txt', 4));
    await queue.add([file('a.txt', 'same')]);
    await over(queue);
    expect(states(queue)).toEqual([['a.txt', 'here']]);
    expect([box.upload.mock.calls.length, clashes.question]).toEqual([0, null]);
  });

  it('are asked about one by one', async () => {
    const { queue } = queueBefore(present('a.txt'), present('b.txt'), present('c.txt'));
    await queue.add([file('a.txt'), file('b.txt'), file('c.txt'), file('d.txt')]);
    for (const choice of ['replace', 'keep', 'skip'] as const) {
      await vi.waitFor(() => expect(clashes.question).not.toBeNull());
      clashes.settle(choice, false);
    }
    await over(queue);
    expect(sentNames().sort()).toEqual([['a.txt', 'old a.txt'], ['b.txt', undefined], ['d.txt', undefined]]);
    expect(queue.skipped).toEqual([{ path: 'c.txt', why: 'chosen' }]);
  });

  it('are asked about once for all, those still to come too', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `${i}.txt`);
    const { queue } = queueBefore(...names.map((name) => present(name)));
    await queue.add(names.map((name) => file(name)));
    await vi.waitFor(() => expect(clashes.question?.more()).toBe(7));
    clashes.settle('replace', true);
    await over(queue);
    expect(sentNames().sort()).toEqual(names.map((name) => [name, `old ${name}`]));
    expect(clashes.question).toBeNull();
  });

  it('are asked about anew at the next drop', async () => {
    const { queue } = queueBefore(present('a.txt'));
    for (let drop = 0; drop < 2; drop++) {
      await queue.add([file('a.txt')]);
      await vi.waitFor(() => expect(clashes.question).not.toBeNull());
      clashes.settle('keep', true);
      await over(queue);
    }
    expect(sentNames()).toEqual([['a.txt', undefined], ['a.txt', undefined]]);
  });
});
