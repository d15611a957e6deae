"""What sdk.py promises to every guardrail."""

import random
import re
import unittest
from types import SimpleNamespace

from sdk import WINDOW, Hit
from testing import make_judge, outcome, streams, subject

PARTS = [
    "Hello there, ab! ", "One ab. Two cd? ", "ab", "ü", " ", "\n", "\n\n", "🎉", "ﬁ", "…",
    "e\u0301", "\u200b", "\u0301", "ﷺ", "日本語。", "क्षि", "x = {\n", "a b c d ", "ＡＢ",
    "x" * 70, "ü" * 200, "ü" * 70 + ". ", "ä🎉" * 60 + "! ", "🎉ä",
    "これは長い文です、" * 5 + "はい。」それ",
]  # fmt: skip


def judging(find):
    """A judge of a guard that finds what `find` says."""
    return make_judge(SimpleNamespace(LABELS=["X", "Y"], find=find))


def finding(pattern, **more):
    """One that finds a pattern."""
    compiled = re.compile(pattern)

    def find(segment, side, config):
        return [Hit(it.start(), it.end(), "X", **more) for it in compiled.finditer(segment)]

    return judging(find)


class Sdk(unittest.TestCase):
    def test_a_stream_says_what_the_whole_text_says_and_holds_little(self):
        chance = random.Random(3)
        texts = ["".join(chance.choices(PARTS, k=30)) for _ in range(5)]
        texts += [part * (1 + 560 // len(part)) for part in PARTS]
        mixed = texts[:5]
        streams(finding("(?s)ab|[^ ]{60}|c.*?d"), mixed, WINDOW + 64)
        # Shows where segments begin and end.
        streams(finding("(?s)^.|i|\\.\\.|日|.$"), texts, WINDOW + 64)
        streams(finding("^[^ab]+"), texts, WINDOW + 64)
        streams(finding("cd", block="no"), mixed, WINDOW + 64)

    def test_no_length_of_padding_hides_what_is_no_longer_than_half_a_window(self):
        judge = finding("k[ a]+")
        after = "ü," * 200
        for padding in range(0, 600, 7):
            before = "ü," * padding
            text = f"{before}k{' a' * 45}{after}"
            self.assertEqual(outcome(judge, text), f"{before}[X]{after}")

    def test_spans_cover_whole_characters(self):
        self.assertEqual(outcome(finding("b"), "ä😀bc"), "ä😀[X]c")
        self.assertEqual(outcome(finding("i"), "aﬁb"), "a[X]b")  # half of a ligature
        self.assertEqual(outcome(finding("[fi]"), "aﬁb"), "a[X]b")
        self.assertEqual(outcome(finding("ab"), "xa\u200bb\u200by"), "x[X]y")
        self.assertEqual(outcome(finding("^\u093f"), "कि" * 300), "कि" * 300)
        self.assertEqual(outcome(finding("é"), "e\u0316\u0301 é"), "[X] [X]")

    def test_what_overlaps_is_replaced_as_one_as_the_surer_says(self):
        both = judging(
            lambda *_: [
                Hit(4, 9, "X", score=0.5),
                Hit(0, 5, "Y", score=0.9, replacement="\ud83d!"),
                Hit(9, 9, "X"),
            ]
        )
        self.assertEqual(outcome(both, "0123456789"), "?!9")

    def test_what_is_hidden_goes_with_all_that_hides_it(self):
        decoded = SimpleNamespace(span=SimpleNamespace(start=8, end=12), view="an ab")
        hidden = subject("Größe YWI= ab", [decoded])
        kind, hits = finding("ab").check(hidden, "input")
        self.assertEqual(kind, "redact")
        self.assertEqual([(hit.start, hit.end) for hit in hits], [(8, 12), (13, 15)])
        self.assertEqual(finding("an", block="no").check(hidden, "input")[0], "block")

    def test_flags_are_for_what_people_may_see(self):
        flagging = finding("b", flag=True)
        self.assertEqual(flagging.check(subject("abc"), "input")[0], "flag")
        self.assertEqual(flagging.step(subject("abc"), "output", True), ("emit", (3, [])))

    def test_mistakes_are_told(self):
        for hit in (Hit(0, 4, "X"), Hit(2, 1, "X"), Hit(0, 2, "OTHER"), Hit(0, 2, "X", score=2)):
            with self.subTest(hit), self.assertRaises(ValueError):
                judging(lambda *_, hit=hit: [hit]).check(subject("abc"), "input")
