// What sdk.js promises to every guardrail.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WINDOW, matches, plugin } from "./sdk.js";
import { outcome, random, streams, subject } from "./testing.js";

/** A guardrail that finds what `find` says. */
function guardrail(find) {
  const guard = { name: "a", version: "1", summary: "b", labels: ["X", "Y"], find };
  return plugin(guard, { config: () => null, log: () => {} }).guardrail;
}

/** One that finds a pattern. */
function finding(pattern, more = {}) {
  return guardrail((segment) =>
    Array.from(matches(pattern, segment), (span) => ({ ...span, label: "X", ...more })),
  );
}

function redacted(found, text) {
  return outcome(text, found.check(subject("output", text)));
}

const PARTS = [
  "Hello there, ab! ", "One ab. Two cd? ", "ab", "ü", " ", "\n", "\n\n", "🎉", "ﬁ", "…",
  "e\u0301", "\u200b", "\u0301", "ﷺ", "日本語。", "क्षि", "x = {\n", "a b c d ", "ＡＢ",
  "x".repeat(70), "ü".repeat(200), "ü".repeat(70) + ". ", "ä🎉".repeat(60) + "! ", "🎉ä",
  `${"これは長い文です、".repeat(5)}はい。」それ`,
];

test("a stream says what the whole text says, and holds little", () => {
  const below = random(3);
  const some = () => Array.from({ length: 30 }, () => PARTS[below(PARTS.length)]).join("");
  const texts = Array.from({ length: 5 }, some);
  for (const part of PARTS) texts.push(part.repeat(1 + 560 / part.length));
  const mixed = texts.slice(0, 5);
  streams(finding(/ab|[^ ]{60}|c.*?d/gsu), mixed, WINDOW + 64);
  streams(finding(/^.|i|\.\.|日|.$/gsu), texts, WINDOW + 64); // shows where segments begin and end
  streams(finding(/^[^ab]+/gu), texts, WINDOW + 64);
  streams(finding(/cd/g, { block: "no" }), mixed, WINDOW + 64);
});

test("no length of padding hides what is no longer than half a window", () => {
  const found = finding(/k[ a]+/g);
  for (let padding = 0; padding < 600; padding += 7) {
    const [before, after] = ["ü,".repeat(padding), "ü,".repeat(200)];
    assert.equal(redacted(found, `${before}k${" a".repeat(45)}${after}`), `${before}[X]${after}`);
  }
});

test("spans cover whole characters", () => {
  assert.equal(redacted(finding(/\ude00/g), "a😀b"), "a[X]b"); // half of a pair
  assert.equal(redacted(finding(/i/g), "aﬁb"), "a[X]b"); // half of a ligature
  assert.equal(redacted(finding(/[fi]/g), "aﬁb"), "a[X]b");
  assert.equal(redacted(finding(/ab/g), "xa\u200bb\u200by"), "x[X]y");
  assert.equal(redacted(finding(/^\p{M}/gu), "कि".repeat(300)), "कि".repeat(300));
  assert.equal(redacted(finding(/é/g), "e\u0316\u0301 é"), "[X] [X]");
});

test("what overlaps is replaced as one, as the surer says", () => {
  const both = guardrail(() => [
    { start: 4, end: 9, label: "X", score: 0.5 },
    { start: 0, end: 5, label: "Y", score: 0.9, replacement: "\ud83d!" },
    { start: 9, end: 9, label: "X" },
  ]);
  assert.equal(redacted(both, "0123456789"), "\ufffd!9");
});

test("what is hidden goes with all that hides it", () => {
  const decoded = { how: "base64", span: { start: 8, end: 12 }, view: "an ab" };
  const hidden = subject("input", "Größe YWI= ab", [decoded]);
  assert.equal(outcome(hidden.text, finding(/ab/g).check(hidden)), "Größe [X] [X]");
  assert.equal(finding(/an/g, { block: "no" }).check(hidden).tag, "block");
});

test("flags are for what people may see", () => {
  const flagging = finding(/b/g, { flag: true });
  assert.equal(flagging.check(subject("input", "abc")).tag, "flag");
  const step = new flagging.Session("output").finish(subject("output", "abc"));
  assert.deepEqual(step, { tag: "emit", val: { upto: 3, edits: [] } });
});

test("mistakes are told", () => {
  const failing = (hit) => () => guardrail(() => [hit]).check(subject("input", "abc"));
  assert.throws(failing({ start: 0, end: 4, label: "X" }), RangeError);
  assert.throws(failing({ start: 0.5, end: 2, label: "X" }), RangeError);
  assert.throws(failing({ start: 0, end: 2, label: "OTHER" }), RangeError);
  assert.throws(failing({ start: 0, end: 2, label: "X", score: 2 }), RangeError);
});
