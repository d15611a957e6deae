import { t } from '@/lib/strings';
import { sentence } from '@/lib/text/sentence';

/** An error of the box (RFC 9457 problem+json), or of the way to it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** A stable name, such as `blocked_by_guardrail`; `offline` when the box was not reached. */
    readonly code: string,
    message: string,
    readonly hint?: string,
    readonly requestId?: string,
    /** Seconds to wait before trying again. */
    readonly retryAfter?: number,
    /** With `document_exists`: the document that is there. */
    readonly document?: { id: string; title: string },
  ) {
    super(sentence(message));
    this.name = 'Problem';
  }

  static offline(): Problem {
    return new Problem(0, 'offline', t.problem.offline, t.problem.offlineHint);
  }

  /** Reads the problem out of a response that is not 2xx. */
  static async of(response: Response): Promise<Problem> {
    const text = await response.text().catch(() => '');
    return Problem.from(response.status, text, (name) => response.headers.get(name));
  }

  static from(status: number, body: string, header: (name: string) => string | null): Problem {
    let json: Record<string, unknown> = {};
    try {
      const parsed: unknown = JSON.parse(body);
      if (parsed && typeof parsed === 'object') json = parsed as Record<string, unknown>;
    } catch {
      // Not JSON: a proxy in between, or a box that is just starting.
    }
    const word = (key: string) => (typeof json[key] === 'string' ? (json[key] as string) : undefined);
    const message = word('detail') ?? word('title') ?? t.problem.status(status);
    const retry = Number(header('retry-after'));
    const requestId = header('x-request-id') ?? word('request_id');
    const [id, title] = [word('document_id'), word('document_title')];
    return new Problem(
      status,
      word('code') ?? `http_${status}`,
      message,
      word('hint'),
      requestId ?? undefined,
      Number.isFinite(retry) && retry > 0 ? retry : undefined,
      id && title ? { id, title } : undefined,
    );
  }

  /** Whether sending the same again later may work. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

/** Any thrown value as a problem that can be shown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return Problem.offline();
  return new Problem(-1, 'ui_error', error instanceof Error ? error.message : String(error));
}
