"""What the host loads."""

from wit_world import exports
from wit_world.exports.lifecycle import Description

import guard
import guardrail


class Lifecycle(exports.Lifecycle):
    def describe(self):
        return Description(guard.NAME, guard.VERSION, guard.SUMMARY, list(guard.LABELS))


class Guardrail(exports.Guardrail):
    def check(self, subject):
        return guardrail.check(subject)

    def check_all(self, subjects):
        return [guardrail.check(subject) for subject in subjects]
