"""Core: which metrics a payment part names, anywhere."""

from collections.abc import Iterator
from dataclasses import replace

from services.core.terms.measures import AllOf, AnyOf, AsEnrolled, Condition, Measure, VerifiedCount
from services.core.terms.mechanisms.bands import Bands
from services.core.terms.mechanisms.gate import Gate
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.mechanisms.savings_share import SavingsShare
from services.core.terms.mechanisms.service_fee import ServiceFee
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.payment import Payment
from services.core.terms.rules import PaymentRule


def named_metrics(payment: Payment) -> set[str]:
    """Codes of all metrics that a rule or the retention names."""
    found = {code for rule in payment.rules for code in _of_rule(rule)}
    if payment.retention is not None:
        found.update(_of_condition(payment.retention.release_when))
    return found


def components_of(payment: Payment, metric: str) -> tuple[str, ...]:
    """Codes of the components that savings are computed from by a metric, in the order of the rules."""
    rules = [rule for rule in payment.rules if isinstance(rule, SavingsShare)]
    return tuple(dict.fromkeys(one.code for rule in rules for one in rule.components if one.metric == metric))


def measured_whole(payment: Payment) -> set[str]:
    """Codes of all metrics that something looks at without telling components apart."""
    rules = (replace(rule, components=()) if isinstance(rule, SavingsShare) else rule for rule in payment.rules)
    return named_metrics(replace(payment, rules=tuple(rules)))


def _of_rule(rule: PaymentRule) -> Iterator[str]:
    if isinstance(rule, UnitPrice | Milestone):
        yield rule.metric
    elif isinstance(rule, Bands):
        yield from _of_measure(rule.measure)
    elif isinstance(rule, Gate):
        yield from _of_condition(rule.condition)
    elif isinstance(rule, SavingsShare):
        yield from (component.metric for component in rule.components)
    elif isinstance(rule, ServiceFee) and rule.delivery is not None:
        yield rule.delivery
    yield from _of_condition(rule.when)


def _of_condition(condition: Condition | None) -> Iterator[str]:
    if isinstance(condition, AllOf | AnyOf):
        for one in condition.conditions:
            yield from _of_condition(one)
    elif condition is not None:
        yield from _of_measure(condition.measure)


def _of_measure(measure: Measure) -> Iterator[str]:
    yield measure.metric
    if isinstance(measure.denominator, VerifiedCount):
        yield measure.denominator.metric
    if isinstance(measure.denominator, AsEnrolled):
        yield from measure.denominator.neutral_exits
