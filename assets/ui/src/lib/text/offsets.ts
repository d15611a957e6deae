/**
 * Turns byte offsets into UTF-8 text, as the box counts, into indexes of a JavaScript string,
 * in one pass and without encoding the text. An offset inside a character goes to its start;
 * one behind the end goes to the end. The answers come in the order of the questions.
 */
export function byteOffsetsToIndexes(text: string, offsets: readonly number[]): number[] {
  const order = offsets.map((_, i) => i).sort((a, b) => offsets[a]! - offsets[b]!);
  const answers = new Array<number>(offsets.length).fill(text.length);
  let next = 0;
  let bytes = 0;
  let index = 0;
  while (index < text.length && next < order.length) {
    const unit = text.charCodeAt(index);
    const pair = unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(index + 1));
    const width = pair ? 4 : unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    while (next < order.length && offsets[order[next]!]! < bytes + width) {
      answers[order[next]!] = index;
      next += 1;
    }
    bytes += width;
    index += pair ? 2 : 1;
  }
  return answers;
}

const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

/** A stretch of a text; one with a placeholder is what the model saw as that. */
export interface Run {
  text: string;
  placeholder?: string;
}

/** A text cut where masks begin and end, so that they can be shown in it. */
export function masked(text: string, masks: readonly { start: number; end: number; placeholder: string }[]): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (const { start, end, placeholder } of inIndexes(text, masks)) {
    if (start < from || start >= end) continue;
    if (start > from) runs.push({ text: text.slice(from, start) });
    runs.push({ text: text.slice(start, end), placeholder });
    from = end;
  }
  if (from < text.length) runs.push({ text: text.slice(from) });
  return runs;
}

/** Masks with their places as indexes of the string, in order. */
export function inIndexes<Mask extends { start: number; end: number }>(text: string, masks: readonly Mask[]): Mask[] {
  const at = byteOffsetsToIndexes(text, masks.flatMap(({ start, end }) => [start, end]));
  return masks
    .map((mask, i) => ({ ...mask, start: at[2 * i]!, end: at[2 * i + 1]! }))
    .sort((a, b) => a.start - b.start);
}

export interface Place {
  start: number;
  end: number;
}

/**
 * Where a citation's quote stands in the text: at its offsets if they still hold the quote, else at
 * the quote's nearest other occurrence, else nowhere (the document changed since).
 */
export function locate(text: string, cited: { start: number; end: number; quote: string }): Place | null {
  const [start, end] = byteOffsetsToIndexes(text, [cited.start, cited.end]) as [number, number];
  if (text.slice(start, end) === cited.quote) return { start, end };
  if (!cited.quote) return null;
  const before = text.lastIndexOf(cited.quote, start);
  const after = text.indexOf(cited.quote, start);
  const found = before < 0 || (after >= 0 && after - start < start - before) ? after : before;
  return found < 0 ? null : { start: found, end: found + cited.quote.length };
}
