"""Domain: fixed amounts for each period of the calendar, also where only delivery to plan is paid for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from services.core.money import to_minor
from services.core.period import Period
from services.core.terms.mechanisms.service_fee import ServiceFee
from settlement_service.domain.agreement.calendar import last_day_before, whole_periods
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.facts.outcome_data import Facts
from settlement_service.domain.mechanisms.amounts import amount_term
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.working import Node, computed, leaf, term


def fee_items(terms: Terms, rule: ServiceFee, facts: Facts, ends: date) -> Iterator[Item]:
    """An item for each period that is over before `ends`: due on its last day, or the reason why not."""
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
        working = _working(terms, rule, name, period, facts)
        if working is None:
            yield replace(item, reason="not-delivered")
        else:
            yield replace(item, units=1, gross_minor=to_minor(rule.amount), working=working)


def _working(terms: Terms, rule: ServiceFee, name: str, period: Period, facts: Facts) -> Node | None:
    """Amount times one period; None where what was to be delivered in it was not verified."""
    amount = amount_term(terms, "amount a period", rule.amount)
    if rule.delivery is None:
        return computed("product", amount, term("period", 1, period=name))
    found = [claim for claim in facts.on(rule.delivery) if claim.counts and period.holds(claim.achieved_on)]
    if not found:
        return None
    ids = [str(claim.id) for claim in found]
    delivered = leaf("claims", _ONE, what="delivered to plan", metric=rule.delivery, claims=ids, period=name)
    return computed("product", amount, delivered)


_ONE = term("period", 1).value
