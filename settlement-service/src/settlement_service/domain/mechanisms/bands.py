"""Domain: the mechanism bands: what a measured value gives, of each subject by itself or pooled over the contract."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

from services.core.terms.measures import Fixed, Measure
from services.core.terms.mechanisms.bands import Bands
from services.core.terms.outcomes import Metric
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms import mechanism
from settlement_service.domain.mechanisms.amounts import minor_of
from settlement_service.domain.mechanisms.banding import banded
from settlement_service.domain.mechanisms.counts import Counts, RateByCount, counts_outcomes_of_cohort
from settlement_service.domain.mechanisms.items import Item, NotPayable
from settlement_service.domain.mechanisms.measuring import measured
from settlement_service.domain.mechanisms.mechanism import Mechanism, Occasion, Payment
from settlement_service.domain.mechanisms.once import not_paid, paid_once
from settlement_service.domain.mechanisms.scale import Scale
from settlement_service.domain.mechanisms.working import Node, computed, leaf


def _looks_at(rule: Bands, claim: Claim) -> bool:
    """At values of the people who were served, at the measurement point that the rule names."""
    is_served = claim.measurement is None or claim.measurement.arm == "intervention"
    return is_served and rule.measure.at in (None, claim.occurrence)


def _payment_for(rule: Bands, occasion: Occasion) -> Payment | NotPayable:
    """By the value of the subject alone."""
    terms, measure = occasion.terms, _of_subject(rule.measure, occasion.claim.occurrence)
    amount = banded(terms, rule, measured(measure, terms, OutcomeData(terms.contract_id, occasion.on_metric, ())))
    if amount.value is None:
        return _reason(amount)
    return Payment(1, minor_of(terms, amount), working=amount)


def _of_subject(measure: Measure, occurrence: str) -> Measure:
    """The measure over a single subject. Whoever is enrolled beside it is no failure of it, so nobody is missing."""
    return replace(measure, at=occurrence, cohorts=None, missing="excluded")


def _items(terms: Terms, rule: Bands, outcomes: OutcomeData, ends: date) -> Iterator[Item]:
    """One item by the value pooled over the contract."""
    if rule.per == "subject":
        return
    amount = banded(terms, rule, measured(rule.measure, terms, outcomes))
    if amount.value is None:
        yield not_paid(terms, rule.code, amount, _reason(amount), outcomes, ends)
    else:
        yield paid_once(terms, rule.code, rule.measure.metric, amount, minor_of(terms, amount), outcomes, ends)


def _reason(amount: Node) -> NotPayable:
    return "no-band" if amount.about.get("what") == "no band" else "not-yet-measured"


def _depends_on_others(rule: Bands) -> bool:
    """By subject: its line says that somebody is not yet measured, and a claim on another subject may end that.
    Two-sided: an amount below zero gives other items room under a cap."""
    return rule.per == "subject" or rule.two_sided


def _reason_without_items(rule: Bands) -> NotPayable | None:
    return "not-yet-measured" if rule.per == "subject" else None


def _counts_people(rule: Bands, metrics: Mapping[str, Metric]) -> bool:
    """By a pooled count or share of participants, or by a count of a cohort's outcomes, each of one participant."""
    if rule.per != "contract" or rule.measure.basis not in ("count", "share"):
        return False
    metric = metrics[rule.measure.metric]
    return metric.subject == "participant" or (rule.measure.counting == "units" and counts_outcomes_of_cohort(metric))


def _rate(terms: Terms, rule: Bands) -> RateByCount:
    measure, denominator = rule.measure, rule.measure.denominator

    def amount(count: int, over: Fraction | None) -> int:
        figure = leaf("claims", Fraction(count) / over if over else Fraction(count))
        if measure.rounding is not None:
            figure = computed("rounded", figure, mode=measure.rounding.mode, places=measure.rounding.places)
        paid = banded(terms, rule, figure)
        return 0 if paid.value is None else minor_of(terms, paid)

    fixed = Fraction(denominator.number) if isinstance(denominator, Fixed) else None
    return RateByCount(measure.metric, measure.basis == "share", fixed, amount)


def _scale(rule: Bands) -> Scale | None:
    if rule.per == "subject":
        return None
    limits = {Fraction(limit) for band in rule.bands for limit in (band.from_, band.to) if limit is not None}
    return Scale(rule.measure, frozenset(limits | {Fraction(point.value) for point in rule.points}))


BANDS = Mechanism(
    shape=Bands,
    looks_at=_looks_at,
    most_payments=mechanism.payments_of_metric,
    payment_for=_payment_for,
    items_of_contract=_items,
    items_over_rules=mechanism.no_items_over_rules,
    is_paid_once=False,
    depends_on_others=_depends_on_others,
    may_be_below_zero=mechanism.two_sided,
    max_units=mechanism.no_limit,
    each_minor=mechanism.varies,
    reason_without_items=_reason_without_items,
    counts=Counts(counts_people=_counts_people, told_by_units=False, rate=_rate),
    condition=mechanism.no_condition,
    scale=_scale,
    work_alone=mechanism.one_claim,
)
