import { inIndexes } from './offsets';

/** A stretch of an excerpt. */
export interface Piece {
  text: string;
  marked: boolean;
}

export interface Excerpt {
  pieces: Piece[];
  /** Whether something was left out before it, and behind it. */
  before: boolean;
  after: boolean;
}

/** How far before the words that were looked for an excerpt begins. */
const LEAD = 60;

/**
 * The part of a passage of about `length` letters where most of what is highlighted stands, cut between words.
 * Highlights are places in bytes of UTF-8, as the box counts.
 */
export function excerpt(text: string, highlights: readonly { start: number; end: number }[], length: number): Excerpt {
  const marks = merged(inIndexes(text, highlights));
  const [from, until] = text.length <= length ? [0, text.length] : bestWindow(text, marks, length);
  const pieces: Piece[] = [];
  let at = from;
  const add = (end: number, marked: boolean) => {
    if (end > at) pieces.push({ text: text.slice(at, end), marked });
    at = Math.max(at, end);
  };
  for (const { start, end } of marks) {
    if (end <= from || start >= until) continue;
    add(Math.min(Math.max(start, from), until), false);
    add(Math.min(end, until), true);
  }
  add(until, false);
  return { pieces, before: from > 0, after: until < text.length };
}

const MOST_WORDS = 8;

/** The highlighted words, each once whatever its capitals, in the order of the text. */
export function heldWords(text: string, highlights: readonly { start: number; end: number }[]): string[] {
  const words = new Map<string, string>();
  for (const { start, end } of merged(inIndexes(text, highlights))) {
    const word = text.slice(start, end);
    if (!words.has(word.toLocaleLowerCase())) words.set(word.toLocaleLowerCase(), word);
  }
  return [...words.values()].slice(0, MOST_WORDS);
}

/** Overlapping and touching places become one; empty ones go. */
function merged(marks: { start: number; end: number }[]): { start: number; end: number }[] {
  const out: { start: number; end: number }[] = [];
  for (const { start, end } of marks) {
    const last = out.at(-1);
    if (end <= start) continue;
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else out.push({ start, end });
  }
  return out;
}

function bestWindow(text: string, marks: { start: number; end: number }[], length: number): [number, number] {
  let best = 0;
  let most = 0;
  for (const [i, { start }] of marks.entries()) {
    const within = marks.slice(i).filter(({ end }) => end <= start - LEAD + length).length;
    if (within > most) [most, best] = [within, start];
  }
  const last = Math.max(0, text.length - length);
  const from = wordStart(text, Math.min(Math.max(0, best - LEAD), last));
  return [from, wordEnd(text, Math.min(text.length, from + length))];
}

const NEAR = 30;

/** The start of the word behind `at`, if one begins near. */
function wordStart(text: string, at: number): number {
  if (at <= 0) return 0;
  const gap = text.slice(at, at + NEAR).search(/\s/);
  return gap < 0 ? whole(text, at) : at + gap + 1;
}

function wordEnd(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const before = text.slice(at - NEAR, at).search(/\s\S*$/);
  return before < 0 ? whole(text, at) : at - NEAR + before;
}

/** A place that is not in the middle of a surrogate pair. */
const whole = (text: string, at: number) => (/[\udc00-\udfff]/.test(text[at] ?? '') ? at + 1 : at);
