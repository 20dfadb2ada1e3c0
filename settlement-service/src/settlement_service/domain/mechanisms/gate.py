"""Domain: the mechanism gate: a fixed amount, once, if a condition holds."""

from collections.abc import Iterator
from datetime import date

from services.core.money import to_minor
from services.core.terms.measures import Condition
from services.core.terms.mechanisms.gate import Gate
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms import mechanism
from settlement_service.domain.mechanisms.conditions import decided
from settlement_service.domain.mechanisms.counts import NO_COUNT
from settlement_service.domain.mechanisms.items import Item, NotPayable
from settlement_service.domain.mechanisms.mechanism import Mechanism
from settlement_service.domain.mechanisms.once import not_paid, paid_once


def _items(terms: Terms, rule: Gate, outcomes: OutcomeData, ends: date) -> Iterator[Item]:
    """One item: the amount where the condition holds, else the reason. Not yet measured is no refusal."""
    truth = decided(rule.condition, terms, outcomes)
    if truth.value is True:
        yield paid_once(terms, rule.code, "", truth, to_minor(rule.amount), outcomes, ends)
    else:
        reason: NotPayable = "gate-not-met" if truth.value is False else "not-yet-measured"
        yield not_paid(terms, rule.code, truth, reason, outcomes, ends)


def _condition(rule: Gate) -> Condition | None:
    return rule.condition


GATE = Mechanism(
    shape=Gate,
    looks_at=mechanism.every_claim,
    most_payments=mechanism.payments_of_metric,
    payment_for=mechanism.nothing_by_claim,
    items_of_contract=_items,
    items_over_rules=mechanism.no_items_over_rules,
    is_paid_once=True,
    depends_on_others=mechanism.never,
    may_be_below_zero=mechanism.never,
    max_units=mechanism.no_limit,
    each_minor=mechanism.varies,
    reason_without_items=mechanism.no_reason,
    counts=NO_COUNT,
    condition=_condition,
    scale=mechanism.no_scale,
    work_alone=mechanism.one_claim,
)
