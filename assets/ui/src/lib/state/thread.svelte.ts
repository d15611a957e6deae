import { api, asProblem, Problem, type Turn } from '@/lib/api';
import { readEvents, type StreamEvent } from '@/lib/api/sse';
import { randomId } from '@/lib/password';
import { LiveTurn } from './turn.svelte';

const WAITS_MS = [300, 700, 1500, 3000, 5000];
const ASK_ATTEMPTS = 4;

/** A question that the box has not confirmed yet. */
export interface Pending {
  text: string;
  parent: string | null;
}

/** One conversation: a tree of turns, of which one branch is shown. */
export class Thread {
  turns = $state.raw<LiveTurn[]>([]);
  pending = $state.raw<Pending | null>(null);
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** The chosen child of each turn that has several; the key of first turns is ''. */
  private chosen = $state<Record<string, string>>({});
  private readonly abort = new AbortController();

  /** The turns of the branch that is shown, oldest first. */
  path = $derived.by(() => {
    const path: LiveTurn[] = [];
    let parent = '';
    for (;;) {
      const children = this.childrenOf(parent);
      const next = children.find((turn) => turn.id === this.chosen[parent]) ?? children.at(-1);
      if (!next) return path;
      path.push(next);
      parent = next.id;
    }
  });

  running = $derived(this.path.find((turn) => turn.state === 'running'));
  busy = $derived(this.pending !== null || this.turns.some((turn) => turn.state === 'running'));

  constructor(
    readonly id: string,
    /** Called when an answer is complete, or its question was taken. */
    private readonly changed: () => void = () => undefined,
  ) {}

  async load() {
    try {
      const turns = await api.turns.list(this.id);
      const live = new Map(this.turns.map((turn) => [turn.id, turn]));
      const listed = turns.map((turn) => live.get(turn.id) ?? new LiveTurn(turn));
      // One that was asked while the list was on its way is not in it.
      const asked = this.turns.filter((turn) => !turns.some((other) => other.id === turn.id));
      this.turns = [...listed, ...asked].sort(byAge);
      this.loaded = true;
      this.problem = null;
      for (const turn of this.turns) {
        if (turn.state === 'running' && !live.has(turn.id)) void this.follow(turn);
      }
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  /**
   * Asks, and returns when the box has taken the question; the answer then comes by itself.
   * Throws `Problem` when it was not taken, so that the words can go back where they were typed.
   */
  async ask(text: string, parent: string | null): Promise<void> {
    this.pending = { text, parent };
    const key = randomId();
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          const turn = await this.askOnce(text, parent, key);
          if (turn) return;
        } catch (error) {
          const problem = asProblem(error);
          if (problem.code !== 'offline' || attempt + 1 >= ASK_ATTEMPTS) throw problem;
        }
        if (attempt + 1 >= ASK_ATTEMPTS) throw Problem.offline();
        await this.wait(attempt);
      }
    } finally {
      this.pending = null;
    }
  }

  async stop() {
    const turn = this.running;
    if (!turn) return;
    await api.turns.cancel(this.id, turn.id);
  }

  siblings(turn: LiveTurn): LiveTurn[] {
    return this.childrenOf(turn.parent ?? '');
  }

  choose(turn: LiveTurn) {
    this.chosen = { ...this.chosen, [turn.parent ?? '']: turn.id };
  }

  dispose() {
    this.abort.abort();
  }

  private childrenOf(parent: string): LiveTurn[] {
    return this.turns.filter((turn) => (turn.parent ?? '') === parent);
  }

  /** One attempt to ask; answers the turn once its first event is there, null if none came. */
  private async askOnce(text: string, parent: string | null, key: string): Promise<LiveTurn | null> {
    const body = parent === null ? { text } : { text, parent };
    const response = await api.turns.ask(this.id, body, key, this.abort.signal);
    const events = readEvents(response);
    for (;;) {
      const { done, value } = await events.next().catch((error: unknown) => {
        throw asProblem(error);
      });
      if (done) return null;
      if (value.event === 'error') throw problemOf(value);
      if (value.event !== 'turn') continue;
      const turn = this.adopt(JSON.parse(value.data) as Partial<Turn> & { id: string }, text, parent);
      turn.lastEventId = value.id;
      void this.consume(turn, events);
      return turn;
    }
  }

  private adopt(wire: Partial<Turn> & { id: string }, text: string, parent: string | null): LiveTurn {
    const known = this.turns.find((turn) => turn.id === wire.id);
    if (known) return known;
    // What was found in the question comes again as an event of its own.
    const turn = new LiveTurn({ parent, question: text, ...wire, findings: [] });
    turn.state = 'running';
    this.turns = [...this.turns, turn].sort(byAge);
    this.choose(turn);
    this.pending = null;
    this.changed();
    return turn;
  }

  /** Applies the rest of a stream; follows the turn anew when the stream ends too early. */
  private async consume(turn: LiveTurn, events: AsyncIterable<StreamEvent>) {
    try {
      for await (const event of events) {
        turn.lost = false;
        turn.apply(event);
        if (turn.state !== 'running') break;
      }
    } catch {
      // The connection broke; what is left of the answer is fetched below.
    }
    if (this.abort.signal.aborted) return;
    if (turn.state === 'running') await this.follow(turn);
    else this.changed();
  }

  /** Takes up a running turn where it was left, as often as needed. */
  private async follow(turn: LiveTurn) {
    for (let attempt = 0; turn.state === 'running' && !this.abort.signal.aborted; attempt++) {
      const seen = turn.lastEventId;
      try {
        const response = await api.turns.follow(this.id, turn.id, seen, this.abort.signal);
        turn.lost = false;
        if (!seen) turn.restart();
        for await (const event of readEvents(response)) turn.apply(event);
        if (turn.state === 'running') await this.look(turn);
      } catch (error) {
        const problem = asProblem(error);
        if (problem.status === 404 || problem.status === 410) await this.look(turn);
        else turn.lost = true;
      }
      if (turn.lastEventId !== seen) attempt = 0;
      if (turn.state === 'running') await this.wait(attempt);
    }
    this.changed();
  }

  /** Asks how the turn ended, when its events are no longer to be had. */
  private async look(turn: LiveTurn) {
    try {
      const now = await api.turns.get(this.id, turn.id);
      if (now.state !== 'running') turn.settle(now);
    } catch (error) {
      if (asProblem(error).status === 404) turn.fail('turn_not_found', asProblem(error).message);
    }
  }

  /** Waits a little longer each time; the network coming back cuts it short. */
  private wait(attempt: number): Promise<void> {
    const ms = WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)]!;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        removeEventListener('online', done);
        this.abort.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      addEventListener('online', done);
      this.abort.signal.addEventListener('abort', done);
    });
  }
}

const byAge = (a: LiveTurn, b: LiveTurn) => a.askedAt.localeCompare(b.askedAt) || a.id.localeCompare(b.id);

function problemOf(event: StreamEvent): Problem {
  const { code, message, hint } = JSON.parse(event.data) as { code: string; message: string; hint?: string };
  return new Problem(400, code, message, hint);
}
