"""Tests: a seventh payment mechanism, that no contract has, added through the two tables alone: an advance.

What was paid ahead is taken off what other rules give, once a person has a verified claim on a metric by a day: so much
for each of them, and never more than the others give. It looks at the amounts of other rules, and measures as of a day.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast, get_args

import pytest

from services.core.errors import FieldError
from services.core.money import Money
from services.core.terms.faults.amounts import positive
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.metrics import paid_in_units
from services.core.terms.measures import Condition, Measure
from services.core.terms.mechanisms import mechanism as core
from services.core.terms.mechanisms import table as core_table
from services.core.terms.nature import Nature, Vat
from services.core.terms.payment import Payment
from services.core.terms.rules import PaymentRule
from services.core.terms.splits import Split
from services.core.values import BY_KIND, value
from services.kit.doors import shapes
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms import mechanism
from settlement_service.domain.mechanisms import table as domain_table
from settlement_service.domain.mechanisms.amounts import amount_term, minor_of, scale_of
from settlement_service.domain.mechanisms.counts import HIDDEN
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.measuring import measured
from settlement_service.domain.mechanisms.mechanism import AmountsByRule
from settlement_service.domain.mechanisms.once import not_paid, paid_once
from settlement_service.domain.mechanisms.working import computed, term


@value
class Advance:
    """Takes an amount for each person with a verified claim by `as_of` off what other rules give."""

    kind: Literal["advance"]
    code: str
    metric: str
    amount: Money
    as_of: date
    payee: str
    nature: Nature
    vat: Vat
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()


def _faults(declared: Declared, rule: Advance, at: str) -> Iterator[FieldError]:
    yield from paid_in_units(declared, rule.metric, f"{at}/metric")
    yield from positive(declared, rule.amount, f"{at}/amount")


def _metrics(rule: Advance) -> frozenset[str]:
    return frozenset({rule.metric})


def _measures(rule: Advance) -> tuple[Measure, ...]:
    return (Measure(metric=rule.metric, basis="count", missing="as_failure"),)


CORE_ROW = core.Mechanism(
    shape=Advance,
    faults=_faults,
    faults_together=core.nothing_together,
    paid_metrics=_metrics,
    measures=_measures,
    components=core.no_components,
    pays_each_subject=core.subjects_together,
    contracted_prices=core.no_prices,
    is_final_by_day=core.open_for_later,
    kept_by_amendment=core.nothing_kept,
)


def _items(terms: Terms, rule: Advance, amounts: AmountsByRule, outcomes: OutcomeData, ends: date) -> Iterator[Item]:
    """Less 200.00 for each of 4, but not more than the others' 700.00: -700.00."""
    seen = outcomes.before(rule.as_of)
    (measure,) = _measures(rule)
    count = measured(measure, terms, seen)
    if count.value is None:
        yield not_paid(terms, rule.code, count, "not-yet-measured", seen, ends)
        return
    advance = computed("product", count, amount_term(terms, "amount", rule.amount))
    others = sum(minor for code, minor in amounts.items() if code != rule.code)
    given = term("amounts of other rules", Fraction(others, scale_of(terms)), currency=terms.currency)
    nothing = term("nothing", 0, currency=terms.currency)
    amount = computed("difference", nothing, computed("least", advance, given))
    yield paid_once(terms, rule.code, rule.metric, amount, minor_of(terms, amount), seen, ends)


DOMAIN_ROW = mechanism.Mechanism(
    shape=Advance,
    looks_at=mechanism.every_claim,
    most_payments=mechanism.payments_of_metric,
    payment_for=mechanism.nothing_by_claim,
    items_of_contract=mechanism.no_items_of_contract,
    items_over_rules=_items,
    is_paid_once=False,
    depends_on_others=mechanism.always,
    may_be_below_zero=mechanism.always,
    max_units=mechanism.no_limit,
    each_minor=mechanism.varies,
    reason_without_items=mechanism.no_reason,
    counts=HIDDEN,
    condition=mechanism.no_condition,
    scale=mechanism.no_scale,
    work_alone=mechanism.one_claim,
)


def add(monkeypatch: pytest.MonkeyPatch, *, rows: bool = True) -> None:
    """Adds the shape to the union that terms are read by, and its rows to both tables."""
    several, marked = cast(Any, tuple), cast(Any, Annotated)
    union = several[marked[get_args(PaymentRule)[0] | Advance, BY_KIND], ...]
    monkeypatch.setitem(Payment.__annotations__, "rules", union)
    monkeypatch.setattr(Payment.__dataclass_fields__["rules"], "type", union)
    monkeypatch.setattr(shapes, "_adapter", shapes._adapter.__wrapped__)
    if rows:
        monkeypatch.setattr(core_table, "MECHANISMS", _with(core_table.MECHANISMS, CORE_ROW))
        monkeypatch.setattr(domain_table, "MECHANISMS", _with(domain_table.MECHANISMS, DOMAIN_ROW))


def _with(table: Mapping[type[Any], Any], row: Any) -> Mapping[type[Any], Any]:
    return MappingProxyType({**table, row.shape: row})


def an_advance(money: Money, **changed: Any) -> Advance:
    fields: dict[str, Any] = {
        "kind": "advance",
        "code": "advance",
        "metric": "job",
        "amount": money,
        "as_of": date(2026, 7, 1),
        "nature": "service",
        "vat": Vat(category="outside_scope", prices_include_vat=False),
    }
    return Advance(**{**fields, **changed})
