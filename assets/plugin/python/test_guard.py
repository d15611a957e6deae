"""`python -m unittest`: what must become of the texts of cases.toml, whole and as a stream."""

import tomllib
import unittest
from pathlib import Path

import guard
from sdk import WINDOW
from testing import make_judge, outcome, streams

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text("utf-8"))["case"]


class Cases(unittest.TestCase):
    judge = make_judge(guard)

    def test_the_cases_hold(self):
        for case in CASES:
            with self.subTest(case["name"]):
                text = case["text"]
                want = case.get("becomes", text)
                if "blocked" in case:
                    want = f"blocked as {case['blocked']}"
                self.assertEqual(outcome(self.judge, text, case.get("side", "output")), want)

    def test_a_stream_says_what_the_whole_text_says(self):
        texts = [case["text"] for case in CASES]
        joined = [joint.join(texts) for joint in ("", " ", "\n")]
        streams(self.judge, texts + joined, WINDOW + 64)
