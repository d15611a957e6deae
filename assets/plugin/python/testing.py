"""For tests: subjects as the host makes them, and streams cut at random."""

import random
import re
import unicodedata
from types import SimpleNamespace

from sdk import Judge

UNSEEN = (
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f"
)
INVISIBLE = re.compile(f"[{UNSEEN}]")
MARKS = re.compile("[\u0300-\u036f]")
# Characters with what joins them. Plain letters go together: nothing joins all but the last.
CLUSTER = re.compile(f"[ -~]+(?=[ -~])|.[\u0300-\u036f\u093a-\u094f{UNSEEN}]*", re.DOTALL)
LOOKALIKE = str.maketrans("аеорсі", "aeopci")


def make_judge(guard, settings=None):
    """A judge without a host: settings come from a dictionary, nothing is logged."""
    return Judge(guard, lambda level, message: None, (settings or {}).get)


def subject(text, decoded=()):
    """A subject, with a view that folds what the host folds, as far as tests need it."""
    runs = []
    view = ""
    view_at = at = 0
    for cluster in CLUSTER.findall(text):
        folded = cluster if cluster.isascii() else fold(cluster)
        verbatim = folded == cluster
        if not (verbatim and runs and runs[-1].verbatim):
            runs.append(SimpleNamespace(view=view_at, text=at, verbatim=verbatim))
        view += folded
        view_at += len(folded.encode())
        at += len(cluster.encode())
    return SimpleNamespace(text=text, view=view, runs=runs, decoded=list(decoded))


def fold(cluster):
    seen = unicodedata.normalize("NFKC", INVISIBLE.sub("", cluster))
    return MARKS.sub("", seen).translate(LOOKALIKE)


def outcome(judge, text, side="output"):
    """What becomes of a text, in words."""
    kind, found = judge.check(subject(text), side)
    if kind == "block":
        return f"blocked as {found.label}"
    return apply(text, found) if kind == "redact" else text


def apply(text, hits):
    """Makes edits; fails where the host would refuse them."""
    source = text.encode()
    out = ""
    at = 0
    for hit in hits:
        assert at <= hit.start < hit.end <= len(source), "edits out of order"
        out += source[at : hit.start].decode() + hit.replacement
        at = hit.end
    return out + source[at:].decode()


def stream(judge, text, longest, below):
    """A text that comes in pieces of up to `longest` characters: what goes out, the most held."""
    out = held = ""
    most = 0
    while True:
        size = 1 + below(longest)
        held += text[:size]
        done = len(text) <= size
        text = text[size:]
        kind, found = judge.step(subject(held), "output", done)
        if kind == "stop":
            return f"blocked as {found.label}", most
        if kind == "emit":
            upto, hits = found
            source = held.encode()
            out += apply(source[:upto].decode(), hits)
            held = source[upto:].decode()
        if done:
            return out, most
        if len(held.encode()) > most:
            most = max(most, len(subject(held).view.encode()))


def streams(judge, texts, most):
    """Fails where a stream is not what the whole text is, or holds more than `most` bytes."""
    below = random.Random(11).randrange
    for text in texts:
        whole = outcome(judge, text)
        for longest in (1, 9, 200):
            streamed, held = stream(judge, text, longest, below)
            assert streamed == whole, f"{streamed!r} is not {whole!r}, by {longest}: {text!r}"
            assert held <= most, f"{held} bytes are held, by {longest}: {text!r}"
