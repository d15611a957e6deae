import type { Citation, Finding, Mask, Span, Timings, Turn, TurnEvents, TurnState, Usage } from '@/lib/api';
import type { StreamEvent } from '@/lib/api/sse';

/** A turn as the box tells it, or as much of it as is known. */
type Wire = Partial<Omit<Turn, 'parent'>> & { id: string; parent?: string | null };

/** One question with its answer, while it grows and after. */
export class LiveTurn {
  readonly id: string;
  readonly parent: string | null;
  readonly askedAt: string;
  question = $state('');
  masked = $state('');
  answer = $state('');
  state = $state<TurnState>('running');
  finish = $state<Turn['finish']>();
  error = $state.raw<{ code: string; message: string } | null>(null);
  citations = $state.raw<Citation[]>([]);
  /** Sentences of the answer that no document says. */
  unsupported = $state.raw<Span[]>([]);
  /** What the answer stands on, once that is known. */
  grounding = $state<Turn['grounding']>();
  findings = $state.raw<Finding[]>([]);
  /** What of the question the model saw as a placeholder. */
  masks = $state.raw<Mask[]>([]);
  /** What of the answer it wrote as one; known once the answer is whole. */
  restored = $state.raw<Mask[]>([]);
  usage = $state.raw<Usage | null>(null);
  timings = $state.raw<Timings | null>(null);
  model = $state('');
  cached = $state(false);
  /** How many are before this one in the queue; null once it runs. */
  ahead = $state<number | null>(null);
  /** Seconds until its turn, as far as the box knows. */
  eta = $state<number | null>(null);
  /** How many tokens the model reads before its first word; 0 until that is known. */
  reading = $state(0);
  /** Whether the connection to the running answer is broken. */
  lost = $state(false);
  /** Id of the last event that was applied; not shown, so not reactive. */
  lastEventId = '';
  private buffer = '';
  private flushing = false;

  constructor(wire: Wire) {
    this.id = wire.id;
    this.parent = wire.parent ?? null;
    this.askedAt = wire.asked_at ?? new Date().toISOString();
    this.take(wire);
  }

  /** Applies one event of the turn's stream. */
  apply(event: StreamEvent) {
    if (event.id) this.lastEventId = event.id;
    const read = <Name extends keyof TurnEvents>(_name: Name) => JSON.parse(event.data) as TurnEvents[Name];
    switch (event.event) {
      case 'queued':
        ({ ahead: this.ahead, eta_seconds: this.eta = null } = read('queued'));
        break;
      case 'reading':
        this.ahead = null;
        this.reading = read('reading').tokens;
        break;
      case 'findings':
        this.ahead = null;
        this.findings = [...this.findings, ...read('findings').findings];
        break;
      case 'citations':
        this.ahead = null;
        ({ citations: this.citations, unsupported: this.unsupported } = read('citations'));
        break;
      case 'delta':
        this.ahead = null;
        this.append(read('delta').text);
        break;
      case 'done':
        this.settle(read('done'));
        break;
      case 'error': {
        const { code, message, turn } = read('error');
        this.fail(code, message);
        if (turn) this.settle({ ...turn, state: 'failed', error: { code, message } });
        break;
      }
    }
  }

  /** Takes the final word of the box. */
  settle(wire: Wire) {
    this.buffer = '';
    this.ahead = null;
    this.lost = false;
    this.take(wire);
  }

  fail(code: string, message: string) {
    this.flush();
    this.error = { code, message };
    this.ahead = null;
    this.lost = false;
    this.state = 'failed';
  }

  /** Forgets what was streamed, before a replay from the start. */
  restart() {
    this.buffer = '';
    this.answer = '';
    this.findings = [];
    this.citations = [];
    this.unsupported = [];
    this.restored = [];
  }

  private take(wire: Wire) {
    this.question = wire.question ?? this.question;
    this.masked = wire.masked_question ?? this.masked;
    this.answer = wire.text ?? this.answer;
    this.state = wire.state ?? this.state;
    this.finish = wire.finish ?? this.finish;
    this.error = wire.error ?? null;
    this.citations = wire.citations ?? this.citations;
    this.unsupported = wire.unsupported ?? this.unsupported;
    this.grounding = wire.grounding ?? this.grounding;
    this.findings = wire.findings ?? this.findings;
    this.masks = wire.masks ?? this.masks;
    this.restored = wire.restored ?? this.restored;
    this.usage = wire.usage ?? this.usage;
    this.timings = wire.timings ?? this.timings;
    this.model = wire.model ?? this.model;
    this.cached = wire.cached ?? this.cached;
  }

  /** Gathers words for one frame, so that a quick model does not draw the page for each. */
  private append(text: string) {
    this.buffer += text;
    if (this.flushing) return;
    this.flushing = true;
    const flush = () => {
      this.flushing = false;
      this.flush();
    };
    // A hidden page has no frames.
    if (document.hidden) setTimeout(flush, 100);
    else requestAnimationFrame(flush);
  }

  private flush() {
    if (!this.buffer) return;
    this.answer += this.buffer;
    this.buffer = '';
  }
}
