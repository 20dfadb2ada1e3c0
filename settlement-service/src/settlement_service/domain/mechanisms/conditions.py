"""Domain: whether a condition of the terms holds: true, false, or not yet measured."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from uuid import UUID

from services.core.terms.measures import AlsoStated, AnyOf, Condition, Measure, Threshold
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.measuring import measured
from settlement_service.domain.mechanisms.working import Node, computed, leaves_of, term


def decided(condition: Condition, terms: Terms, outcomes: OutcomeData) -> Node:
    """The condition's truth, and how it came about."""
    if isinstance(condition, Threshold):
        return _held(condition, terms, outcomes)
    parts = [decided(one, terms, outcomes) for one in condition.conditions]
    return computed("any_of" if isinstance(condition, AnyOf) else "all_of", *parts)


def _held(threshold: Threshold, terms: Terms, outcomes: OutcomeData) -> Node:
    """By the wording that counts: its own, unless the terms say that the other one prevails."""
    other = threshold.also_stated_as
    if other is not None and threshold.prevails == "also_stated_as":
        measure = in_other_words(threshold.measure, other)
        return _compared(measure, other.comparator, other.value, terms, outcomes)
    return _compared(threshold.measure, threshold.comparator, threshold.value, terms, outcomes)


def in_other_words(measure: Measure, other: AlsoStated) -> Measure:
    """The measure of a threshold's other wording: the same claims, as a count or as a share."""
    return replace(measure, basis=other.basis)


def _compared(measure: Measure, comparator: str, value: str, terms: Terms, outcomes: OutcomeData) -> Node:
    figure = measured(measure, terms, outcomes)
    asked = term("threshold", Fraction(value), metric=measure.metric, basis=measure.basis)
    return computed("compare", figure, asked, comparator=comparator, metric=measure.metric, basis=measure.basis)


def claims_under(node: Node) -> frozenset[UUID]:
    """The ids of all claims that a figure rests on."""
    return frozenset(UUID(one) for found in leaves_of(node) for one in found.about.get("claims", ()))


def last_day(claims: Iterable[UUID], outcomes: OutcomeData) -> date | None:
    """The day on which the last of these claims was achieved."""
    wanted = frozenset(claims)
    return max((claim.achieved_on for claim in outcomes.claims if claim.id in wanted), default=None)


def people_behind(terms: Terms, claims: Iterable[UUID], outcomes: OutcomeData) -> int:
    """How many people these claims are about, of those who were served: participants, each once; and of each cohort or
    site the most that a measurement of it was made on."""
    wanted, people = frozenset(claims), Counter[UUID]()
    for claim in outcomes.claims:
        said = claim.measurement
        if claim.id in wanted and (said is None or said.arm == "intervention"):
            number = 1 if terms.metrics[claim.metric].subject == "participant" else (said and said.n) or 0
            people[claim.subject_id] = max(people[claim.subject_id], number)
    return people.total()
