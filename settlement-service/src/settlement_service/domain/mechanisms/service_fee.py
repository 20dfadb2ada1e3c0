"""Domain: the mechanism service fee: a fixed amount a period of the calendar, or for delivery to plan in it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

from services.core.money import to_minor
from services.core.period import Period
from services.core.terms.calendar import MONTHS
from services.core.terms.mechanisms.service_fee import ServiceFee
from settlement_service.domain.agreement.calendar import last_day_before, whole_periods
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms import mechanism
from settlement_service.domain.mechanisms.amounts import amount_term
from settlement_service.domain.mechanisms.counts import NO_COUNT
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.mechanism import Mechanism
from settlement_service.domain.mechanisms.working import Node, computed, leaf, term

PERIOD_WORK = 3
"""How much work one period is, in claims under one rule."""


def _items(terms: Terms, rule: ServiceFee, outcomes: OutcomeData, ends: date) -> Iterator[Item]:
    """An item for each period that is over before `ends`: the amount, due on its last day, or why there is none. From
    2026-01-01 until 2026-10-01 by quarters, and up to 2026-08-01, these are 2026-Q1 and 2026-Q2."""
    for name, period in whole_periods(Period(start=rule.start, end=rule.until), rule.every):
        if period.end > ends:
            return
        item = Item(
            key=ItemKey(rule.code, terms.contract_id, name),
            claim_id=None,
            metric="",
            version=terms.version,
            achieved_on=last_day_before(period.end),
            order_key="",
        )
        working = _working(terms, rule, name, period, outcomes)
        if working is None:
            yield replace(item, reason="not-delivered")
        else:
            yield replace(item, units=1, gross_minor=to_minor(rule.amount), working=working)


def _working(terms: Terms, rule: ServiceFee, name: str, period: Period, outcomes: OutcomeData) -> Node | None:
    """Amount times one period; None where a delivery was to be verified in it and none was."""
    amount = amount_term(terms, "amount a period", rule.amount)
    if rule.delivery is None:
        return computed("product", amount, term("period", 1, period=name))
    deliveries = [claim for claim in outcomes.on(rule.delivery) if claim.counts and period.holds(claim.achieved_on)]
    if not deliveries:
        return None
    ids = [str(claim.id) for claim in deliveries]
    delivered = leaf("claims", Fraction(1), what="delivered to plan", metric=rule.delivery, claims=ids, period=name)
    return computed("product", amount, delivered)


def _work_alone(rule: ServiceFee, ends: date) -> int:
    """As many periods as the calendar has up to `ends`, whatever is reported."""
    until = min(rule.until, ends)
    months = (until.year - rule.start.year) * 12 + until.month - rule.start.month
    return 1 + PERIOD_WORK * (max(0, months) // MONTHS[rule.every])


SERVICE_FEE = Mechanism(
    shape=ServiceFee,
    looks_at=mechanism.every_claim,
    most_payments=mechanism.payments_of_metric,
    payment_for=mechanism.nothing_by_claim,
    items_of_contract=_items,
    items_over_rules=mechanism.no_items_over_rules,
    is_paid_once=False,
    depends_on_others=mechanism.never,
    may_be_below_zero=mechanism.never,
    max_units=mechanism.no_limit,
    each_minor=mechanism.varies,
    reason_without_items=mechanism.no_reason,
    counts=NO_COUNT,
    condition=mechanism.no_condition,
    scale=mechanism.no_scale,
    work_alone=_work_alone,
)
