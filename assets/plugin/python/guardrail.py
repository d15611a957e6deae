"""guard.py judged by sdk.py, in the types of the contract (wit/). The compiler looks for the
class of an exported resource in a module called as its interface is: hence the name."""

from functools import cache

from wit_world import exports
from wit_world.exports.guardrail import Emission, Step_Emit, Step_Hold, Step_Stop
from wit_world.imports import host_config, host_log
from wit_world.imports.types import (
    Edit,
    Finding,
    Reason,
    Span,
    Verdict_Block,
    Verdict_Flag,
    Verdict_Pass,
    Verdict_Redact,
)

import guard
from sdk import Judge


def log(level, message):
    host_log.log(host_log.Level[level.upper()], message)


# Settings do not change while an instance lives, and calls of the host are counted.
judge = Judge(guard, log, cache(host_config.get))


class Session(exports.guardrail.Session):
    def __init__(self, side):
        pass

    def push(self, held):
        return step(held, done=False)

    def finish(self, held):
        return step(held, done=True)


def step(held, done):
    kind, found = judge.step(held, side_of(held), done)
    match kind:
        case "emit":
            upto, hits = found
            return Step_Emit(Emission(upto, [edit(hit) for hit in hits]))
        case "stop":
            return Step_Stop(Reason(finding(found), found.block))
    return Step_Hold()


def check(subject):
    kind, found = judge.check(subject, side_of(subject))
    match kind:
        case "redact":
            return Verdict_Redact([edit(hit) for hit in found])
        case "block":
            return Verdict_Block(Reason(finding(found), found.block))
        case "flag":
            return Verdict_Flag([finding(hit) for hit in found])
    return Verdict_Pass()


def side_of(subject):
    return subject.side.name.lower()


def edit(hit):
    return Edit(finding(hit), hit.replacement)


def finding(hit):
    return Finding(Span(hit.start, hit.end), hit.label, hit.score)
