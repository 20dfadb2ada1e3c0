"""Tests: whether a condition of the terms holds, decided a second time by the checker."""

import operator
from dataclasses import dataclass
from fractions import Fraction

from .claims import Known
from .measures import measured
from .terms import Definition, Terms

COMPARED = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}


@dataclass(frozen=True)
class Truth:
    """True, false, or None while it is not measured, and the ids of claims that it rests on."""

    value: bool | None
    rests_on: frozenset[str]


def decided(condition: Definition, terms: Terms, known: Known) -> Truth:
    """Whether it holds."""
    if condition["kind"] == "threshold":
        return _held(condition, terms, known)
    parts = [decided(part, terms, known) for part in condition["conditions"]]
    values = {part.value for part in parts}
    decisive = condition["kind"] == "any_of"
    """One part that is true decides `any_of`, one that is false decides `all_of`."""
    value = decisive if decisive in values else (None if None in values else not decisive)
    return Truth(value, frozenset().union(*(part.rests_on for part in parts)))


def _held(threshold: Definition, terms: Terms, known: Known) -> Truth:
    """By the wording that prevails."""
    measure, words = threshold["measure"], threshold
    if threshold.get("prevails") == "also_stated_as" and threshold.get("alsoStatedAs"):
        words = threshold["alsoStatedAs"]
        measure = {**measure, "basis": words["basis"]}
    figure = measured(measure, terms, known)
    if figure.value is None:
        return Truth(None, figure.rests_on)
    return Truth(COMPARED[words["comparator"]](figure.value, Fraction(words["value"])), figure.rests_on)
