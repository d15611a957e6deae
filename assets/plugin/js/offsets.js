// From JavaScript's count of characters (UTF-16) to bytes of UTF-8, and from the view to the text.

/** The way from bytes of the view to bytes of the text; a subject without runs is its own view. */
export class Runs {
  constructor({ runs, text, view }) {
    this.runs = runs;
    this.text = text;
    this.view = view;
  }

  textBytes() {
    return utf8(this.text);
  }

  /** Whole characters, with what is invisible inside of them and not around them. */
  span(start, end) {
    const run = this.over(end - 1);
    const verbatim = run < 0 || this.runs[run].verbatim;
    const last = verbatim ? this.start(end - 1) + 1 : this.textEnd(run);
    return { start: this.start(start), end: last };
  }

  /** Where the character at byte `at` of the view begins in the text. */
  start(at) {
    const run = this.over(at);
    if (run < 0) return at;
    const { view, text, verbatim } = this.runs[run];
    return verbatim ? text + at - view : text;
  }

  /** `at`, or the end of the run where that maps as a whole and `at` is inside of it. */
  border(at) {
    const run = this.over(at);
    if (run < 0 || this.runs[run].verbatim || this.runs[run].view === at) return at;
    return run + 1 < this.runs.length ? this.runs[run + 1].view : utf8(this.view);
  }

  textEnd(run) {
    return run + 1 < this.runs.length ? this.runs[run + 1].text : this.textBytes();
  }

  /** The run that holds the view's byte `at`: the last that begins at or before it. */
  over(at) {
    let [low, high] = [0, this.runs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.runs[middle].view <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Marks and Hangul vowels and finals: they may join what comes before them. */
const JOINING = /^[\p{M}\u1161-\u1175\u11a8-\u11c2]{0,64}/u;

/** The first place from `cut` on that is between two characters as people see them. */
export function borderFrom(view, index, at, cut, runs) {
  cut += JOINING.exec(view.slice(cut, cut + 64))[0].length;
  if (runs === null) return cut;
  const byte = at + utf8(view.slice(index, cut));
  const left = runs.border(byte) - byte;
  return cut + fitting(view.slice(cut, cut + left), left);
}

/** Bytes of a string in UTF-8. */
export function utf8(string) {
  let bytes = string.length;
  for (const part of string.match(/[^\0-\x7f]+/g) ?? []) {
    for (let index = 0; index < part.length; index += 1) bytes += width(part, index) - 1;
  }
  return bytes;
}

/** How many units at the beginning of a string are at most so many bytes. */
export function fitting(string, bytes) {
  if (bytes >= 3 * string.length) return string.length;
  let index = 0;
  while (index < string.length && (bytes -= width(string, index)) >= 0) index += 1;
  return splits(string, index) ? index - 1 : index;
}

/** Bytes of one unit; a half of a pair counts 2, since both together are 4 bytes. */
function width(string, index) {
  const code = string.charCodeAt(index);
  return code < 0x80 ? 1 : code < 0x800 || (code & 0xf800) === 0xd800 ? 2 : 3;
}

export function isAscii(string) {
  return !/[^\0-\x7f]/.test(string);
}

/** Whether an index is between the two halves of one character. */
export function splits(string, index) {
  const kind = (at) => string.charCodeAt(at) & 0xfc00;
  return kind(index - 1) === 0xd800 && kind(index) === 0xdc00;
}
