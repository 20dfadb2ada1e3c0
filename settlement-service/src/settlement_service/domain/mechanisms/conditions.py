"""Domain: whether a condition of the terms holds: true, false, or not yet measured."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from uuid import UUID

from services.core.terms.measures import AnyOf, Condition, Measure, Threshold
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.measuring import measured
from settlement_service.domain.mechanisms.working import Node, computed, leaves_of, term


def decided(condition: Condition, terms: Terms, outcomes: OutcomeData) -> Node:
    """The condition's truth, and how it came about: true, false, or not yet measured, which is neither. An `any_of` of
    a true part and one not yet measured is true; an `all_of` of the two is not yet measured."""
    if isinstance(condition, Threshold):
        return _threshold(condition, terms, outcomes)
    parts = [decided(part, terms, outcomes) for part in condition.conditions]
    return computed("any_of" if isinstance(condition, AnyOf) else "all_of", *parts)


def _threshold(threshold: Threshold, terms: Terms, outcomes: OutcomeData) -> Node:
    """By the wording that counts: the threshold's own, unless the terms say that the other wording prevails."""
    wording = threshold.also_stated_as
    if wording is not None and threshold.prevails == "also_stated_as":
        # The same claims, as a count in place of a share, or the other way round.
        measure = replace(threshold.measure, basis=wording.basis)
        return _compared(measure, wording.comparator, wording.value, terms, outcomes)
    return _compared(threshold.measure, threshold.comparator, threshold.value, terms, outcomes)


def _compared(measure: Measure, comparator: str, value: str, terms: Terms, outcomes: OutcomeData) -> Node:
    figure = measured(measure, terms, outcomes)
    needed = term("threshold", Fraction(value), metric=measure.metric, basis=measure.basis)
    return computed("compare", figure, needed, comparator=comparator, metric=measure.metric, basis=measure.basis)


def claims_under(node: Node) -> frozenset[UUID]:
    """The ids of all claims that a figure rests on."""
    return frozenset(UUID(claim) for leaf in leaves_of(node) for claim in leaf.about.get("claims", ()))


def last_day(claims: Iterable[UUID], outcomes: OutcomeData) -> date | None:
    """The day on which the last of these claims was achieved; None for no claims."""
    wanted = frozenset(claims)
    return max((claim.achieved_on for claim in outcomes.claims if claim.id in wanted), default=None)


def measured_people(terms: Terms, claims: Iterable[UUID], outcomes: OutcomeData) -> int:
    """How many people who were served these claims are about. A participant is one. A cohort or a site is as many as
    the largest of its measurements was made on: measured on 30 in March and on 28 in June, it is 30."""
    wanted, people = frozenset(claims), Counter[UUID]()
    for claim in outcomes.claims:
        measurement = claim.measurement
        # People of a comparison or a baseline were not served: they stand behind no amount.
        if claim.id in wanted and (measurement is None or measurement.arm == "intervention"):
            number = 1 if terms.metrics[claim.metric].subject == "participant" else (measurement and measurement.n) or 0
            people[claim.subject_id] = max(people[claim.subject_id], number)
    return people.total()
