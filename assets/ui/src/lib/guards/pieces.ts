import type { Tried } from '@/lib/api/types';
import { byteOffsetsToIndexes } from '@/lib/text/offsets';

/** A run of a text that was tried. */
export interface Piece {
  text: string;
  /** `hidden`: `instead` goes on in its place. `found`: it stays. `stopped`: for this nothing goes on. */
  kind: '' | 'hidden' | 'found' | 'stopped';
  label?: string;
  instead?: string;
}

interface Mark {
  start: number;
  end: number;
  kind: Exclude<Piece['kind'], ''>;
  label: string;
  instead?: string;
}

/** The text as it was sent, cut where something was found. What overlaps with a mark is not marked. */
export function pieces(text: string, tried: Pick<Tried, 'edits' | 'findings'>): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { start, end, ...mark } of marks(text, tried)) {
    if (start > at) pieces.push({ text: text.slice(at, start), kind: '' });
    pieces.push({ text: text.slice(start, end), ...mark });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), kind: '' });
  return pieces;
}

/** What changes the text comes first: it must be seen. */
function marks(text: string, { edits, findings }: Pick<Tried, 'edits' | 'findings'>): Mark[] {
  const wanted: Mark[] = edits.map(({ start, end, label, replacement }) => ({
    start, end, label, kind: 'hidden', instead: replacement,
  }));
  for (const kind of ['stopped', 'found'] as const) {
    const outcome = kind === 'stopped' ? 'blocked' : 'flagged';
    const ones = findings.filter((one) => one.outcome === outcome);
    wanted.push(...ones.map(({ start, end, label }) => ({ start, end, label, kind })));
  }
  const indexes = byteOffsetsToIndexes(text, wanted.flatMap(({ start, end }) => [start, end]));
  const taken: Mark[] = [];
  for (const [i, mark] of wanted.entries()) {
    const [start, end] = [indexes[2 * i]!, indexes[2 * i + 1]!];
    const apart = taken.every((other) => end <= other.start || start >= other.end);
    if (start < end && apart) taken.push({ ...mark, start, end });
  }
  return taken.sort((a, b) => a.start - b.start);
}
