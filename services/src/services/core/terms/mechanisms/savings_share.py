"""Core: the mechanism savings share: a share of what was saved."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from services.core.errors import FieldError
from services.core.money import Money
from services.core.terms.components import MeasuredBaseline, SavingsComponent
from services.core.terms.faults.amounts import minor_of, not_negative, positive
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.metrics import reports
from services.core.terms.faults.plain import coded, fault, number_of, once, share
from services.core.terms.measures import Condition
from services.core.terms.mechanisms.mechanism import (
    Mechanism,
    no_measures,
    no_prices,
    nothing_kept,
    open_for_later,
    subjects_together,
)
from services.core.terms.nature import Nature, Vat
from services.core.terms.splits import Split
from services.core.values import value


@value
class Slice:
    """The share (a decimal from 0 to 1) of the saving up to `up_to`, from where the slice before ends; the last slice
    is open."""

    share: str
    up_to: Money | None = None


@value
class SavingsShare:
    """Pays a share of (baseline - actual - deductible), the sum over components.

    `cumulative`: of all periods so far, so that a bad year takes back from a good one. `per_period`: each by itself,
    which keeps a good year and forgets a bad one. Only with `two_sided` does a loss give an amount below zero.
    """

    kind: Literal["savings_share"]
    code: str
    components: tuple[SavingsComponent, ...]
    shares: tuple[Slice, ...]
    accumulation: Literal["cumulative", "per_period"]
    payee: str
    nature: Nature
    vat: Vat
    deductible: Money | None = None
    two_sided: bool = False
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()


def _faults(declared: Declared, rule: SavingsShare, at: str) -> Iterator[FieldError]:
    """Purses that can be measured, and slices in their order."""
    yield from _component_faults(declared, rule, f"{at}/components")
    yield from _slices(declared, rule, f"{at}/shares")
    if rule.deductible is not None:
        yield from not_negative(declared, rule.deductible, f"{at}/deductible")


def _faults_together(declared: Declared, placed: Sequence[tuple[str, SavingsShare]]) -> Iterator[FieldError]:
    """One code is one purse, and no more is shared of it than there is."""
    shared: dict[str, Fraction] = {}
    purses: dict[str, SavingsComponent] = {}
    for at, rule in placed:
        yield from _same_purse(rule, purses, f"{at}/components")
        yield from _shared(rule, shared, f"{at}/shares")


def _component_faults(declared: Declared, rule: SavingsShare, at: str) -> Iterator[FieldError]:
    if not rule.components:
        yield fault(at, "components-missing", "At least one component.")
    yield from once((component.code for component in rule.components), at, "/code")
    for place, component in enumerate(rule.components):
        yield from coded(component.code, f"{at}/{place}")
        yield from _measured(declared, component, f"{at}/{place}")
        if _periods(declared, component) != _periods(declared, rule.components[0]):
            allowed = "The code of a metric with the same measurement points as the first component's, in their order."
            yield fault(f"{at}/{place}/metric", "measurement-points-differ", allowed)
        yield from _reimbursed(component, f"{at}/{place}")
        if not isinstance(component.baseline, MeasuredBaseline):
            yield from not_negative(declared, component.baseline.amount, f"{at}/{place}/baseline/amount")


def _measured(declared: Declared, component: SavingsComponent, at: str) -> Iterator[FieldError]:
    """Amounts, one measurement a period."""
    metric = declared.metrics.get(component.metric)
    yield from reports(metric, "measurement", f"{at}/metric")
    if metric is not None and metric.unit != "amount":
        yield fault(f"{at}/metric", "unit-not-amount", "The code of a metric whose unit is 'amount'.")
    if metric is not None and not metric.measurement_points:
        allowed = "The code of a metric with measurement points: one for each period."
        yield fault(f"{at}/metric", "measurement-points-missing", allowed)


def _periods(declared: Declared, component: SavingsComponent) -> tuple[str, ...]:
    """What periods a component is measured in: they are added up over components, period by period."""
    metric = declared.metrics.get(component.metric)
    return tuple(point.code for point in metric.measurement_points) if metric is not None else ()


def _reimbursed(component: SavingsComponent, at: str) -> Iterator[FieldError]:
    if component.basis == "net_of_reimbursement" and component.reimbursed is None:
        yield fault(f"{at}/reimbursed", "reimbursed-missing", "The share that is given back, as the basis is net.")
    if component.reimbursed is not None:
        yield from share(component.reimbursed, f"{at}/reimbursed")
        if component.basis == "gross":
            yield fault(f"{at}/reimbursed", "reimbursed-not-expected", "Left out, as the basis is gross.")


def _slices(declared: Declared, rule: SavingsShare, at: str) -> Iterator[FieldError]:
    if not rule.shares:
        yield fault(at, "slices-missing", "At least one share; the last one is open.")
    last = len(rule.shares) - 1
    for place, part in enumerate(rule.shares):
        yield from share(part.share, f"{at}/{place}/share")
        if part.up_to is not None:
            yield from positive(declared, part.up_to, f"{at}/{place}/upTo")
        if part.up_to is None and place != last:
            yield fault(f"{at}/{place}/upTo", "slice-open", "An amount: only the last slice is open.")
        if part.up_to is not None and place == last:
            yield fault(f"{at}/{place}/upTo", "slice-not-open", "Left out: the last slice is open.")
    ends = [minor_of(declared, part.up_to) for part in rule.shares]
    for place, (before, here) in enumerate(pairwise(ends), start=1):
        if before is not None and here is not None and here <= before:
            yield fault(f"{at}/{place}/upTo", "slices-not-ascending", "More than where the slice before ends.")


def _same_purse(rule: SavingsShare, purses: dict[str, SavingsComponent], at: str) -> Iterator[FieldError]:
    """A code that stands in two rules is the same purse in both."""
    for place, component in enumerate(rule.components):
        first = purses.setdefault(component.code, component)
        if _purse(first) != _purse(component):
            allowed = "Another code, or metric, flow and basis as the component of this code has them before."
            yield fault(f"{at}/{place}/code", "component-differs", allowed)


def _purse(component: SavingsComponent) -> tuple[str, str, str]:
    return component.metric, component.flow, component.basis


def _shared(rule: SavingsShare, shared: dict[str, Fraction], at: str) -> Iterator[FieldError]:
    """Of each purse, the greatest shares of all rules are together at most the whole."""
    numbers = [number for part in rule.shares if (number := number_of(part.share)) is not None]
    greatest = max((number for number in numbers if number <= 1), default=Fraction(0))
    over = False
    for code in dict.fromkeys(component.code for component in rule.components):
        shared[code] = shared.get(code, Fraction(0)) + greatest
        over = over or shared[code] > 1
    if over:
        allowed = "So much that the greatest shares of all rules in one component come to at most 1."
        yield fault(at, "shares-above-whole", allowed)


def _paid(rule: SavingsShare) -> frozenset[str]:
    return frozenset(component.metric for component in rule.components)


def _components(rule: SavingsShare) -> tuple[SavingsComponent, ...]:
    return rule.components


SAVINGS_SHARE = Mechanism(
    shape=SavingsShare,
    faults=_faults,
    faults_together=_faults_together,
    paid_metrics=_paid,
    measures=no_measures,
    components=_components,
    pays_each_subject=subjects_together,
    pays_over_rules=False,
    contracted_prices=no_prices,
    is_final_by_day=open_for_later,
    kept_by_amendment=nothing_kept,
)
