// Turns what guard.js finds into what the host asks for. Nothing here needs changing.
//
// Three things are done once here, so that no guardrail gets them wrong:
//  - Offsets. A guard sees the *view* of a text (look-alike letters folded, invisible characters
//    gone) and counts as JavaScript does, in UTF-16; the host wants bytes of the *text*. `runs`
//    lead from the one to the other.
//  - Streams. A text is judged in segments. Where one ends depends only on the characters from
//    its beginning to just behind it, and each is judged by itself; so it does not matter in
//    which pieces an answer comes.
//  - Disguises. What the host has decoded (base64, letters apart, …) is judged too; a hit in it
//    stands for the whole stretch that hides it, since that cannot be taken apart.

import { Runs, borderFrom, fitting, isAscii, splits, utf8 } from "./offsets.js";

/** Bytes of the view that are held back at most, about, for one segment to end. */
export const WINDOW = 512;
/** A segment is no shorter, so that full stops alone do not cost a call each. */
const LEAST = 32;

/** The end of a sentence with the blank behind it, of a line of code, or of a paragraph. */
const END = new RegExp(
  "[.!?؟۔।][)\\]}\"'»*_`]*[ \\t\\r\\n]|。[」』）)\"']*|[;:{}|>`]\\r?\\n|\\n[ \\t\\r]*\\n",
  "gu",
);

/** What main.js exports. `guard` is guard.js; `host` has `log(level, message)`, `config(key)`. */
export function plugin(guard, host) {
  const judge = new Judge(guard, host);
  // The host shows again what was not released, so there is nothing to remember.
  class Session {
    push(held) {
      return judge.step(held, false);
    }
    finish(held) {
      return judge.step(held, true);
    }
  }
  const { name, version, summary, labels } = guard;
  const check = (subject) => judge.check(subject);
  return {
    lifecycle: { describe: () => ({ name, version, summary, labels }) },
    guardrail: { check, checkAll: (subjects) => subjects.map(check), Session },
  };
}

/** Where an error came from, without its message: the lines of the stack that name a place. */
function place(error) {
  const lines = String(error?.stack ?? "").split("\n").map((line) => line.trim());
  const first = lines.find((line) => line.startsWith("at "));
  return first === undefined ? "" : ` ${first}`;
}

class Judge {
  constructor(guard, host) {
    this.guard = guard;
    this.log = host.log;
    this.config = remembering(host.config);
    this.labels = new Set(guard.labels);
  }

  check(subject) {
    const { hits } = this.walk(subject.view, subject.side, new Runs(subject), true);
    for (const { view, span } of subject.decoded) {
      const hidden = this.walk(view, subject.side, null, true).hits;
      for (const hit of hidden) hits.push({ ...hit, start: span.start, end: span.end });
    }
    const block = hits.find((hit) => hit.block !== null);
    if (block) return { tag: "block", val: reason(block) };
    const edits = settle(hits.filter((hit) => !hit.flag)).map(edit);
    if (edits.length > 0) return { tag: "redact", val: edits };
    const flags = hits.filter((hit) => hit.flag);
    return flags.length > 0 ? { tag: "flag", val: flags.map(finding) } : { tag: "pass" };
  }

  /** What of the held text may go. Answers hold nothing decoded, and nobody is shown flags. */
  step(held, done) {
    const runs = new Runs(held);
    const { hits, at } = this.walk(held.view, held.side, runs, done);
    const block = hits.find((hit) => hit.block !== null);
    if (block) return { tag: "stop", val: reason(block) };
    const upto = done ? runs.textBytes() : at > 0 ? runs.start(at) : 0;
    if (upto === 0) return { tag: "hold" };
    return { tag: "emit", val: { upto, edits: settle(hits.filter((hit) => !hit.flag)).map(edit) } };
  }

  /** Judges segment by segment: the hits, in bytes, and how many bytes of the view are judged. */
  walk(view, side, runs, done) {
    const hits = [];
    let [index, at] = [0, 0];
    while (index < view.length) {
      const border = (cut) => borderFrom(view, index, at, cut, runs);
      const cut = cutOf(view, index, border, done);
      if (cut === null) break;
      const segment = view.slice(index, cut.end);
      const found = this.find(segment, side).filter((hit) => index + hit.start < cut.upto);
      // What begins in this segment is taken whole.
      const last = found.reduce((most, hit) => Math.max(most, index + hit.end), cut.upto);
      const upto = last > cut.upto ? border(last) : last;
      if (upto === view.length && !done) break;
      for (const hit of found) {
        const start = at + utf8(segment.slice(0, hit.start));
        const end = start + utf8(segment.slice(hit.start, hit.end));
        hits.push({ ...hit, ...(runs === null ? { start, end } : runs.span(start, end)) });
      }
      at += utf8(view.slice(index, upto));
      index = upto;
    }
    return { hits, at };
  }

  /** What the guard finds in a segment. */
  find(segment, side) {
    let found;
    try {
      found = [...this.guard.find(segment, side, this.config)];
    } catch (error) {
      // Its message may quote the text, which is not for the log.
      this.log("error", `find failed: ${error?.name ?? "something was thrown"}${place(error)}`);
      throw error;
    }
    return found.map((hit) => this.checked(hit, segment)).filter((hit) => hit.start < hit.end);
  }

  /** A hit as it was meant; a mistake must not become an edit somewhere else. */
  checked(hit, segment) {
    const { start, end, label, score = 1, block = null, flag, replacement = `[${label}]` } = hit;
    const index = (at) => Number.isInteger(at) && 0 <= at && at <= segment.length;
    if (!index(start) || !index(end)) throw new RangeError("a hit lies outside of its segment");
    if (!this.labels.has(label)) throw new RangeError("a hit's label is none of `labels`");
    if (!(0 <= score && score <= 1)) throw new RangeError("a score is from 0 to 1");
    return {
      // Never half a character: an index between two surrogates is moved outwards.
      start: splits(segment, start) ? start - 1 : start,
      end: splits(segment, end) ? end + 1 : end,
      label,
      score,
      block: block === null ? null : String(block).toWellFormed(),
      flag: Boolean(flag),
      replacement: String(replacement).toWellFormed(),
    };
  }
}

/**
 * The segment that begins at `index`: it is judged to `end`, and hits that begin before `upto`
 * count; null where more must be seen to tell. A window without any end is judged whole and let go
 * by half, so that the other half is judged again with what follows: nothing is missed that is no
 * longer than that.
 */
function cutOf(view, index, border, done) {
  const rest = { end: view.length, upto: view.length };
  let window = view.slice(index, index + WINDOW);
  END.lastIndex = LEAST;
  const ends = END.test(window) && utf8(window.slice(0, END.lastIndex)) <= WINDOW;
  if (!ends && !isAscii(window)) window = window.slice(0, fitting(window, WINDOW));
  if (!ends && index + window.length === view.length) return done ? rest : null;
  const cut = border(index + (ends ? END.lastIndex : half(window)));
  // A mark may still join the last character that was seen; the next one says that none does.
  if (cut >= view.length) return done ? rest : null;
  return { end: ends ? cut : Math.max(cut, index + window.length), upto: cut };
}

/** How much of a window without an end is let go: to a blank in its second quarter, or half. */
function half(window) {
  const middle = window.length >> 1;
  const blank = window.lastIndexOf(" ", middle - 1) + 1;
  if (blank > middle >> 1) return blank;
  return splits(window, middle) ? middle - 1 : middle;
}

/** In order and without overlap: what overlaps becomes one, labelled as the surest of it is. */
function settle(hits) {
  const kept = [];
  for (const hit of hits.sort((a, b) => a.start - b.start)) {
    const last = kept.at(-1);
    if (last === undefined || last.end <= hit.start) {
      kept.push(hit);
    } else {
      const surer = hit.score > last.score ? hit : last;
      kept[kept.length - 1] = { ...surer, start: last.start, end: Math.max(last.end, hit.end) };
    }
  }
  return kept;
}

function finding({ start, end, label, score }) {
  return { span: { start, end }, label, score };
}

function edit(hit) {
  return { finding: finding(hit), replacement: hit.replacement };
}

function reason(hit) {
  return { finding: finding(hit), message: hit.block };
}

/** Settings do not change while an instance lives, and calls of the host are counted. */
function remembering(config) {
  const known = new Map();
  return (key) => {
    if (!known.has(key)) known.set(key, config(key));
    return known.get(key);
  };
}

/** Where a pattern with the flag `g` matches. `matchAll` would compile the pattern anew. */
export function* matches(pattern, segment) {
  pattern.lastIndex = 0;
  for (let match; (match = pattern.exec(segment)) !== null; ) {
    yield { start: match.index, end: match.index + match[0].length };
    if (match[0] === "") pattern.lastIndex += 1;
  }
}
