// For tests: subjects as the host makes them, `cases.toml`, and streams cut at random.

const UNSEEN =
  "\\u00ad\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufe00-\\ufe0f\\ufeff\\u{e0000}-\\u{e007f}";
const INVISIBLE = new RegExp(`[${UNSEEN}]`, "gu");
// Characters with what joins them. Plain letters go together: nothing joins all but the last.
const CLUSTER = new RegExp(`[ -~]+(?=[ -~])|.[\\p{M}${UNSEEN}]*`, "gsu");
const LOOKALIKE = { а: "a", е: "e", о: "o", р: "p", с: "c", і: "i" };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const bytes = (text) => encoder.encode(text).length;

/** A subject, with a view that folds what the host folds, as far as tests need it. */
export function subject(side, text, decoded = []) {
  const runs = [];
  let [view, viewAt, at] = ["", 0, 0];
  for (const [cluster] of text.matchAll(CLUSTER)) {
    const seen = cluster.replace(INVISIBLE, "").normalize("NFKC").replace(/[\u0300-\u036f]/g, "");
    const folded = LOOKALIKE[seen] ?? seen;
    const verbatim = folded === cluster;
    if (!(verbatim && runs.at(-1)?.verbatim)) runs.push({ view: viewAt, text: at, verbatim });
    view += folded;
    viewAt += bytes(folded);
    at += bytes(cluster);
  }
  return { side, text, view, runs, decoded };
}

/** What becomes of a text under a verdict, in words. */
export function outcome(text, { tag, val }) {
  if (tag === "block") return `blocked as ${val.finding.label}`;
  return tag === "redact" ? apply(text, val) : text;
}

/** Makes edits; throws where the host would refuse them. */
export function apply(text, edits) {
  const source = encoder.encode(text);
  let [out, at] = ["", 0];
  for (const { finding, replacement } of edits) {
    const { start, end } = finding.span;
    const fits = at <= start && start < end && end <= source.length;
    if (!fits) throw new Error("edits out of order");
    out += decoder.decode(source.slice(at, start)) + replacement;
    at = end;
  }
  return out + decoder.decode(source.slice(at));
}

/** A text that comes in pieces of up to `longest` characters: what goes out, and the most held. */
export function stream(guardrail, text, longest, below) {
  const session = new guardrail.Session("output");
  const rest = [...text];
  let [out, held, most] = ["", "", 0];
  while (true) {
    const done = rest.length === 0;
    held += rest.splice(0, 1 + below(longest)).join("");
    const seen = subject("output", held);
    const { tag, val } = done ? session.finish(seen) : session.push(seen);
    if (tag === "stop") return { out: `blocked as ${val.finding.label}`, most };
    if (tag === "emit") {
      const source = encoder.encode(held);
      out += apply(decoder.decode(source.slice(0, val.upto)), val.edits);
      held = decoder.decode(source.slice(val.upto));
    }
    if (done) return { out, most };
    if (bytes(held) > most) most = Math.max(most, bytes(subject("output", held).view));
  }
}

/** Throws where a stream is not what the whole text is, or holds more than `most` bytes of view. */
export function streams(guardrail, texts, most) {
  const below = random(11);
  for (const text of texts) {
    const whole = outcome(text, guardrail.check(subject("output", text)));
    for (const longest of [1, 9, 200]) {
      const streamed = stream(guardrail, text, longest, below);
      const where = `in pieces of up to ${longest}: ${JSON.stringify(text)}`;
      if (streamed.out !== whole) throw new Error(`${streamed.out} is not ${whole}, ${where}`);
      if (streamed.most > most) throw new Error(`${streamed.most} bytes are held, ${where}`);
    }
  }
}

/** Numbers below a bound that are the same in each run. */
export function random(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
