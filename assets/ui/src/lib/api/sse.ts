/** One event of a stream, as the HTML standard dispatches it. */
export interface StreamEvent {
  id: string;
  event: string;
  data: string;
}

/**
 * Parses `text/event-stream` (HTML standard, section 9.2.6) from pieces cut anywhere.
 * `EventSource` cannot be used: a question is a POST, and a follower chooses its `Last-Event-ID`.
 */
export class SseParser {
  private buffer = '';
  private lastId = '';
  private event = '';
  private data: string[] = [];
  private first = true;
  /** Milliseconds the server asks to wait before reconnecting. */
  retry: number | undefined;

  push(text: string): StreamEvent[] {
    if (this.first && text.length > 0) {
      this.first = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    this.buffer += text;
    const events: StreamEvent[] = [];
    for (;;) {
      const line = this.takeLine();
      if (line === undefined) return events;
      const event = this.line(line);
      if (event) events.push(event);
    }
  }

  private takeLine(): string | undefined {
    const at = this.buffer.search(/[\r\n]/);
    if (at < 0) return undefined;
    const isCr = this.buffer[at] === '\r';
    // A CR at the very end may be the first half of a CRLF: wait for what follows.
    if (isCr && at === this.buffer.length - 1) return undefined;
    const line = this.buffer.slice(0, at);
    this.buffer = this.buffer.slice(isCr && this.buffer[at + 1] === '\n' ? at + 2 : at + 1);
    return line;
  }

  private line(line: string): StreamEvent | undefined {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return undefined;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retry = Number(value);
    return undefined;
  }

  private dispatch(): StreamEvent | undefined {
    const { event, data } = this;
    this.event = '';
    this.data = [];
    if (data.length === 0) return undefined;
    return { id: this.lastId, event: event || 'message', data: data.join('\n') };
  }
}

/** The server sends a comment every few seconds; silence this long means the connection is dead. */
const SILENCE_MS = 45_000;

/** Yields the events of a response as they come; throws when the connection breaks or goes silent. */
export async function* readEvents(response: Response): AsyncGenerator<StreamEvent> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new SseParser();
  try {
    for (;;) {
      const { done, value } = await withDeadline(reader.read());
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

async function withDeadline<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TypeError('the stream went silent')), SILENCE_MS);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
