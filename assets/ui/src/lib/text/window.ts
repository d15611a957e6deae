import type { Place } from './offsets';

/** A run of a document's text that is drawn alike. */
export interface Run {
  text: string;
  /** `heading` for a Markdown heading's words, `hash` for the signs before them. */
  kind: 'heading' | 'hash' | '';
  marked: boolean;
  /** What begins before this run, if anything does. */
  begins?: string;
}

/** Where something begins in a text, such as a passage. */
export interface Beginning {
  at: number;
  label: string;
}

export interface Window {
  /** What is shown: `from..until` of the text. */
  from: number;
  until: number;
  runs: Run[];
}

/** The longest line that is looked for beyond the wish, to cut the window at a line's end. */
const LONG_LINE = 6000;

/**
 * The part of a document around a passage (or from its top), cut at line ends, as runs whose texts
 * together are that part, letter for letter: only the look of headings differs.
 */
export function windowOf(text: string, place: Place | null, above: number, below: number, beginnings: Beginning[] = []): Window {
  const from = lineStart(text, (place?.start ?? 0) - above);
  const until = lineEnd(text, (place?.end ?? 0) + below);
  const runs: Run[] = [];
  let at = from;
  for (const match of text.slice(from, until).matchAll(/^(#{1,6}[ \t]+)(\S.*)$/gm)) {
    const start = from + match.index;
    const words = start + match[1]!.length;
    cut(text, at, start, '', place, runs);
    cut(text, start, words, 'hash', place, runs);
    at = words + match[2]!.length;
    cut(text, words, at, 'heading', place, runs);
  }
  cut(text, at, until, '', place, runs);
  return { from, until, runs: beginnings.length > 0 ? announced(runs, from, beginnings) : runs };
}

/** The same runs, cut where something begins; those that begin something say so. */
function announced(runs: Run[], from: number, beginnings: Beginning[]): Run[] {
  const sorted = [...beginnings].sort((a, b) => a.at - b.at).filter(({ at }) => at >= from);
  const all: Run[] = [];
  let next = 0;
  let at = from;
  for (const run of runs) {
    const end = at + run.text.length;
    let begins: string | undefined;
    let done = at;
    while (next < sorted.length && sorted[next]!.at < end) {
      const { at: begin, label } = sorted[next++]!;
      if (begin > done) {
        all.push({ ...run, text: run.text.slice(done - at, begin - at), ...(begins === undefined ? {} : { begins }) });
        done = begin;
        begins = label;
      } else {
        begins = begins === undefined ? label : `${begins}; ${label}`;
      }
    }
    all.push({ ...run, text: run.text.slice(done - at), ...(begins === undefined ? {} : { begins }) });
    at = end;
  }
  return all;
}

/** Adds `start..end`, in up to three runs where the passage begins or ends inside of it. */
function cut(text: string, start: number, end: number, kind: Run['kind'], place: Place | null, into: Run[]) {
  const inside = (at: number) => Math.min(Math.max(at, start), end);
  const [first, last] = place ? [inside(place.start), inside(place.end)] : [end, end];
  for (const [a, b, marked] of [[start, first, false], [first, last, true], [last, end, false]] as const) {
    if (a < b) into.push({ text: text.slice(a, b), kind, marked });
  }
}

function lineStart(text: string, at: number): number {
  if (at <= 0) return 0;
  const line = text.lastIndexOf('\n', at - 1) + 1;
  return at - line > LONG_LINE ? whole(text, at) : line;
}

function lineEnd(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const line = text.indexOf('\n', at);
  if (line >= 0 && line - at <= LONG_LINE) return line;
  return text.length - at <= LONG_LINE ? text.length : whole(text, at);
}

/** A place that is not in the middle of a surrogate pair. */
const whole = (text: string, at: number) => (/[\udc00-\udfff]/.test(text[at] ?? '') ? at + 1 : at);
