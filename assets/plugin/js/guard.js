// What this guardrail looks for. This file is yours; sdk.js does the rest.

import { matches } from "./sdk.js";

export const name = "{{name}}";
export const version = "0.1.0";
export const summary = "Replaces internal code words and refuses to tell the launch date.";
/** Every label that a hit may carry. */
export const labels = ["PROJECT", "LAUNCH_DATE"];

const LAUNCH_DATE =
  /\b(?:reveal|tell|leak|verrate\w*)\b[^.!?]{0,80}?\b(?:launch\s+date|Starttermin)\b/giu;

/**
 * Finds what may not go on as it is in one segment, which is about a sentence (README.md).
 *
 * `side` is "input" (from a person), "retrieved" (from a document) or "output" (from the model);
 * `config(key)` is a setting of this plugin or null. A hit's `start` and `end` are indices of
 * `segment`, as JavaScript counts them. What happens to it is the first of these that it has:
 *   block: "message"    the text does not go on; the person who asked reads the message
 *   flag: true          it goes on, and people are shown the hit
 *   replacement: "…"    what stands there afterwards; `[LABEL]` where nothing is said
 */
export function find(segment, side, config) {
  const hits = [];
  for (const span of matches(codeWord(config), segment)) {
    hits.push({ ...span, label: "PROJECT", score: 1 });
  }
  // Only people and documents ask. An answer that speaks of it is not a question.
  if (side !== "output") {
    for (const span of matches(LAUNCH_DATE, segment)) {
      const block = "The launch date is not public yet.";
      hits.push({ ...span, label: "LAUNCH_DATE", score: 0.9, block });
    }
  }
  return hits;
}

let pattern;

/** `PROJECT-1234`, but no part of a longer word or number. Settings do not change: made once. */
function codeWord(config) {
  if (pattern === undefined) {
    const word = (config("code_word") ?? "PROJECT").replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
    pattern = new RegExp(`(?<![\\p{L}\\p{N}])${word}-\\d{4}(?![\\p{L}\\p{N}])`, "gu");
  }
  return pattern;
}
