"""What this guardrail looks for. This file is yours; sdk.py does the rest."""

import re
from functools import cache

from sdk import Hit

NAME = "{{name}}"
VERSION = "0.1.0"
SUMMARY = "Replaces internal code words and refuses to tell the launch date."
# Every label that a hit may carry.
LABELS = ["PROJECT", "LAUNCH_DATE"]

LAUNCH_DATE = re.compile(
    r"\b(?:reveal|tell|leak|verrate\w*)\b[^.!?]{0,80}?\b(?:launch\s+date|Starttermin)\b",
    re.IGNORECASE,
)


def find(segment, side, config):
    """Finds what may not go on as it is in one segment, which is about a sentence (README.md).

    `side` is "input" (from a person), "retrieved" (from a document) or "output" (from the model);
    `config(key)` is a setting of this plugin or None. A hit's `start` and `end` are indices of
    `segment`. What happens to it is the first of these that it has:

    block="message"    the text does not go on; the person who asked reads the message
    flag=True          it goes on, and people are shown the hit
    replacement="…"    what stands there afterwards; `[LABEL]` where nothing is said
    """
    for match in code_word(config("code_word") or "PROJECT").finditer(segment):
        yield Hit(match.start(), match.end(), "PROJECT")
    # Only people and documents ask. An answer that speaks of it is not a question.
    if side != "output":
        for match in LAUNCH_DATE.finditer(segment):
            message = "The launch date is not public yet."
            yield Hit(match.start(), match.end(), "LAUNCH_DATE", score=0.9, block=message)


@cache
def code_word(word):
    """`PROJECT-1234`, but no part of a longer word or number."""
    return re.compile(rf"(?<!\w){re.escape(word)}-[0-9]{{4}}(?!\w)")
