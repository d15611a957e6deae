"""Turns what guard.py finds into what the host asks for. Nothing here needs changing.

Three things are done once here, so that no guardrail gets them wrong:

- Offsets. A guard sees the *view* of a text (look-alike letters folded, invisible characters
  gone) and counts characters; the host wants bytes of the *text*. `runs` lead from the one to
  the other.
- Streams. A text is judged in segments. Where one ends depends only on the characters from its
  beginning to just behind it, and each is judged by itself; so it does not matter in which
  pieces an answer comes.
- Disguises. What the host has decoded (base64, letters apart, …) is judged too; a hit in it
  stands for the whole stretch that hides it, since that cannot be taken apart.

It knows nothing of the host's types (app.py does), so tests run it anywhere.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from unicodedata import category

# Bytes of the view that are held back at most, about, for one segment to end.
WINDOW = 512
# A segment is no shorter, so that full stops alone do not cost a call each.
LEAST = 32

# The end of a sentence with the blank behind it, of a line of code, or of a paragraph.
END = re.compile(
    "[.!?؟۔।][)\\]}\"'»*_`]*[ \\t\\r\\n]|。[」』）)\"']*|[;:{}|>`]\\r?\\n|\\n[ \\t\\r]*\\n"
)


@dataclass(frozen=True)
class Hit:
    """Something found. `start` and `end` are indices of what the guard was given."""

    start: int
    end: int
    label: str
    score: float = 1.0
    replacement: str | None = None
    block: str | None = None
    flag: bool = False


def place(error):
    """Where an exception came from, without its message."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None:
        return ""
    file = step.tb_frame.f_code.co_filename.rsplit("/", 1)[-1]
    return f" at {file}:{step.tb_lineno}"


class Judge:
    """Judges with guard.py. `log(level, message)` and `config(key)` are what the host offers."""

    def __init__(self, guard, log, config):
        self.guard = guard
        self.log = log
        self.config = config

    def check(self, subject, side):
        """("pass", None), ("redact", hits), ("block", hit) or ("flag", hits); hits in bytes."""
        hits, _ = self.walk(subject.view, side, Runs(subject), True)
        for decoded in subject.decoded:
            span = decoded.span
            hidden, _ = self.walk(decoded.view, side, None, True)
            hits += [replace(hit, start=span.start, end=span.end) for hit in hidden]
        for hit in hits:
            if hit.block is not None:
                return "block", hit
        if edits := settle(hits):
            return "redact", edits
        return ("flag", hits) if hits else ("pass", None)

    def step(self, held, side, done):
        """("hold", None), ("emit", (bytes that may go, hits)) or ("stop", hit).

        The host shows again what was not released, so there is nothing to remember. Answers hold
        nothing decoded, and nobody is shown what they were flagged for.
        """
        runs = Runs(held)
        hits, at = self.walk(held.view, side, runs, done)
        for hit in hits:
            if hit.block is not None:
                return "stop", hit
        upto = utf8(held.text) if done else runs.start(at) if at else 0
        return ("emit", (upto, settle(hits))) if upto else ("hold", None)

    def walk(self, view, side, runs, done):
        """Judges segment by segment: the hits, in bytes, and how much of the view is judged."""
        hits = []
        index = at = 0
        while index < len(view):

            def border(cut):
                return border_from(view, index, at, cut, runs)

            cut = cut_of(view, index, border, done)
            if cut is None:
                break
            end, upto = cut
            segment = view[index:end]
            found = [hit for hit in self.find(segment, side) if index + hit.start < upto]
            # What begins in this segment is taken whole.
            last = max((index + hit.end for hit in found), default=upto)
            if last > upto:
                upto = border(last)
            if upto == len(view) and not done:
                break
            for hit in found:
                start = at + utf8(segment[: hit.start])
                stop = start + utf8(segment[hit.start : hit.end])
                if runs is not None:
                    start, stop = runs.span(start, stop)
                hits.append(replace(hit, start=start, end=stop))
            at += utf8(view[index:upto])
            index = upto
        return hits, at

    def find(self, segment, side):
        """What the guard finds in a segment."""
        try:
            found = list(self.guard.find(segment, side, self.config))
        except Exception as error:
            # Its message may quote the text, which is not for the log.
            self.log("error", f"find failed: {type(error).__name__}{place(error)}")
            raise
        return [self.checked(hit, segment) for hit in found if hit.start != hit.end]

    def checked(self, hit, segment):
        """A hit as it was meant; a mistake must not become an edit somewhere else."""
        if not 0 <= hit.start < hit.end <= len(segment):
            raise ValueError("a hit lies outside of its segment")
        if hit.label not in self.guard.LABELS:
            raise ValueError("a hit's label is none of LABELS")
        if not 0 <= hit.score <= 1:
            raise ValueError("a score is from 0 to 1")
        replacement = f"[{hit.label}]" if hit.replacement is None else well_formed(hit.replacement)
        block = None if hit.block is None else well_formed(hit.block)
        return replace(hit, replacement=replacement, block=block)


def cut_of(view, index, border, done):
    """The segment at `index`: it is judged to the first of the two that are returned, and hits
    that begin before the second count; None where more must be seen to tell.

    A window without any end is judged whole and let go by half, so that the other half is judged
    again with what follows: nothing is missed that is no longer than that.
    """
    rest = (len(view), len(view)) if done else None
    window = view[index : index + WINDOW]
    window = window[: fitting(window, WINDOW)]
    end = END.search(window, LEAST)
    if end is None and index + len(window) == len(view):
        return rest
    cut = border(index + (end.end() if end else half(window)))
    # A mark may still join the last character that was seen; the next one says that none does.
    if cut >= len(view):
        return rest
    return (cut if end else max(cut, index + len(window))), cut


def half(window):
    """How much of a window without an end is let go: to a blank in its second quarter, or half."""
    middle = len(window) // 2
    blank = window.rfind(" ", 0, middle) + 1
    return blank if blank > middle // 2 else middle


def border_from(view, index, at, cut, runs):
    """The first place from `cut` on that is between two characters as people see them."""
    most = min(len(view), cut + 64)
    while cut < most and joins(view[cut]):
        cut += 1
    if runs is None:
        return cut
    byte = at + utf8(view[index:cut])
    left = runs.border(byte) - byte
    return cut + fitting(view[cut : cut + left], left)


def joins(character):
    """Marks and Hangul vowels and finals: they may join what comes before them."""
    jamo = "\u1161" <= character <= "\u1175" or "\u11a8" <= character <= "\u11c2"
    return jamo or category(character).startswith("M")


class Runs:
    """From bytes of the view to bytes of the text; a subject without runs is its own view."""

    def __init__(self, subject):
        self.runs = subject.runs
        self.subject = subject

    def span(self, start, end):
        """Whole characters, with what is invisible inside of them and not around them."""
        run = self.over(end - 1)
        if run >= 0 and not self.runs[run].verbatim:
            return self.start(start), self.end_of(run, "text")
        return self.start(start), self.start(end - 1) + 1

    def start(self, at):
        """Where the character at byte `at` of the view begins in the text."""
        run = self.over(at)
        if run < 0:
            return at
        run = self.runs[run]
        return run.text + at - run.view if run.verbatim else run.text

    def border(self, at):
        """`at`, or the end of the run where that maps as a whole and `at` is inside of it."""
        run = self.over(at)
        if run < 0 or self.runs[run].verbatim or self.runs[run].view == at:
            return at
        return self.end_of(run, "view")

    def over(self, at):
        """The run that holds the view's byte `at`: the last that begins at or before it."""
        return bisect_right(self.runs, at, key=lambda run: run.view) - 1

    def end_of(self, run, side):
        if run + 1 < len(self.runs):
            return getattr(self.runs[run + 1], side)
        return utf8(getattr(self.subject, side))


def settle(hits):
    """Edits in order, without overlap: what overlaps is one, labelled as the surest of it is."""
    kept = []
    for hit in sorted((hit for hit in hits if not hit.flag), key=lambda hit: hit.start):
        if kept and hit.start < kept[-1].end:
            last = kept.pop()
            surer = hit if hit.score > last.score else last
            hit = replace(surer, start=last.start, end=max(last.end, hit.end))
        kept.append(hit)
    return kept


def utf8(text):
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def fitting(text, most):
    """How many characters at the beginning of a text are at most so many bytes."""
    if text.isascii():
        return min(len(text), most)
    return len(text.encode()[:most].decode(errors="ignore"))


def well_formed(text):
    """A text that can be UTF-8: Python's may hold halves of characters."""
    return text.encode(errors="replace").decode()
