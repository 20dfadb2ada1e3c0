"""Domain: which metrics a rule is computed from."""

from collections.abc import Iterator

from services.core.terms.measures import AsEnrolled, Condition, Measure, Threshold, VerifiedCount
from services.core.terms.mechanisms.bands import Bands
from services.core.terms.mechanisms.gate import Gate
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.mechanisms.savings_share import SavingsShare
from services.core.terms.mechanisms.service_fee import ServiceFee
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.payment import Payment
from services.core.terms.rules import PaymentRule


def metrics_paid_by(rule: PaymentRule) -> frozenset[str]:
    """The metrics whose claims a rule turns into money."""
    match rule:
        case UnitPrice() | Milestone():
            return frozenset({rule.metric})
        case Bands():
            return frozenset({rule.measure.metric})
        case Gate():
            return frozenset(measure.metric for measure in measures_in(rule.condition))
        case SavingsShare():
            return frozenset(component.metric for component in rule.components)
        case _:
            return frozenset() if rule.delivery is None else frozenset({rule.delivery})


def metrics_under(rule: PaymentRule) -> frozenset[str]:
    """All metrics that a rule is computed from: those it pays for, their denominators, and its condition's."""
    measures = list(measures_of(rule))
    return metrics_paid_by(rule) | {metric for measure in measures for metric in metrics_of(measure)}


def measures_of(rule: PaymentRule) -> Iterator[Measure]:
    """Every measure that a rule looks at."""
    if isinstance(rule, Bands):
        yield rule.measure
    if isinstance(rule, Gate):
        yield from measures_in(rule.condition)
    if rule.when is not None:
        yield from measures_in(rule.when)


def measures_in(condition: Condition) -> Iterator[Measure]:
    """The measures of a condition's thresholds, in their order."""
    if isinstance(condition, Threshold):
        yield condition.measure
        return
    for one in condition.conditions:
        yield from measures_in(one)


def counts_enrolled(measure: Measure) -> bool:
    """Whether a measure looks at who is enrolled."""
    by_default = measure.basis == "share" and measure.denominator is None
    fails = measure.missing == "as_failure" and measure.basis not in ("count", "share")
    return by_default or fails or isinstance(measure.denominator, AsEnrolled) or measure.cohorts is not None


def metrics_looked_at(payment: Payment) -> frozenset[str]:
    """The metrics whose claims must all be there to compute rules that look at several subjects together, and
    conditions."""
    found: set[str] = set()
    for rule in payment.rules:
        together = isinstance(rule, Gate | SavingsShare | ServiceFee) or (
            isinstance(rule, Bands) and rule.per == "contract"
        )
        found |= metrics_under(rule) if together else set()
    for measure in _measures_around(payment):
        found |= set(metrics_of(measure))
    return frozenset(found)


def looks_at_enrolled(payment: Payment) -> bool:
    """Whether any measure of the payment terms looks at who is enrolled."""
    return any(counts_enrolled(measure) for measure in all_measures(payment))


def all_measures(payment: Payment) -> list[Measure]:
    """Every measure of the payment terms: of rules, their conditions, and the retention."""
    return [*(measure for rule in payment.rules for measure in measures_of(rule)), *_measures_around(payment)]


def _measures_around(payment: Payment) -> Iterator[Measure]:
    """The measures of conditions, those of rules and that of the retention."""
    for rule in payment.rules:
        if rule.when is not None:
            yield from measures_in(rule.when)
    if payment.retention is not None and payment.retention.release_when is not None:
        yield from measures_in(payment.retention.release_when)


def metrics_of(measure: Measure) -> Iterator[str]:
    """The metrics whose claims a measure looks at."""
    yield measure.metric
    if isinstance(measure.denominator, AsEnrolled):
        yield from measure.denominator.neutral_exits
    if isinstance(measure.denominator, VerifiedCount):
        yield measure.denominator.metric
