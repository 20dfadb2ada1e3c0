"""Core: which metrics, measures and purses a payment part names, in any rule, condition or retention."""

from collections.abc import Iterator, Mapping

from services.core.terms.components import SavingsComponent
from services.core.terms.measures import Measure, counts_enrolled, measures_in, metrics_of
from services.core.terms.mechanisms.table import (
    mechanism_of,
    metrics_named,
    paid_metrics,
    pays_each_subject,
)
from services.core.terms.payment import Payment


def named_metrics(payment: Payment) -> frozenset[str]:
    """Codes of all metrics that a rule or the retention names."""
    by_rules = {code for rule in payment.rules for code in metrics_named(rule)}
    return frozenset(by_rules | _metrics_of(measures_around(payment)))


def components_on(payment: Payment, metric: str) -> Mapping[str, SavingsComponent]:
    """The purses that savings are computed from by a metric, by code, in the order of the rules."""
    components = (component for rule in payment.rules for component in mechanism_of(rule).components(rule))
    return {component.code: component for component in components if component.metric == metric}


def measured_over_components(payment: Payment) -> frozenset[str]:
    """Codes of all metrics that something looks at without telling components apart."""
    metrics = _metrics_of(all_measures(payment))
    for rule in payment.rules:
        metrics |= paid_metrics(rule) - {component.metric for component in mechanism_of(rule).components(rule)}
    return frozenset(metrics)


def metrics_looked_at(payment: Payment) -> frozenset[str]:
    """The metrics whose claims must all be there to compute rules that look at several subjects together, and
    conditions."""
    metrics = _metrics_of(measures_around(payment))
    for rule in payment.rules:
        metrics |= frozenset() if pays_each_subject(rule) else metrics_named(rule)
    return frozenset(metrics)


def looks_at_enrolled(payment: Payment) -> bool:
    """Whether any measure of the payment terms looks at who is enrolled."""
    return any(counts_enrolled(measure) for measure in all_measures(payment))


def all_measures(payment: Payment) -> tuple[Measure, ...]:
    """Every measure of the payment terms: those that rules pay by, those of their conditions, and the retention's."""
    paid_by = (measure for rule in payment.rules for measure in mechanism_of(rule).measures(rule))
    return (*paid_by, *measures_around(payment))


def measures_around(payment: Payment) -> Iterator[Measure]:
    """The measures of conditions: those of rules, then the retention's."""
    for rule in payment.rules:
        if rule.when is not None:
            yield from measures_in(rule.when)
    if payment.retention is not None and payment.retention.release_when is not None:
        yield from measures_in(payment.retention.release_when)


def _metrics_of(measures: Iterator[Measure] | tuple[Measure, ...]) -> set[str]:
    return {code for measure in measures for code in metrics_of(measure)}
