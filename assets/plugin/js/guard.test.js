// `npm test`: what must become of the texts of cases.toml, whole and as a stream.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { parse } from "smol-toml";

import * as guard from "./guard.js";
import { WINDOW, plugin } from "./sdk.js";
import { outcome, streams, subject } from "./testing.js";

const settings = {};
const host = { config: (key) => settings[key] ?? null, log: () => {} };
const { guardrail } = plugin(guard, host);
const cases = parse(readFileSync(new URL("cases.toml", import.meta.url), "utf8")).case;

for (const { name, side = "output", text, becomes, blocked } of cases) {
  test(name, () => {
    const want = blocked ? `blocked as ${blocked}` : (becomes ?? text);
    assert.equal(outcome(text, guardrail.check(subject(side, text))), want);
  });
}

test("a stream says what the whole text says", () => {
  const texts = cases.map((it) => it.text);
  streams(guardrail, [...texts, texts.join(" "), texts.join(""), texts.join("\n")], WINDOW + 64);
});
