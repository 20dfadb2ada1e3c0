"""Domain: what rules give that look at several subjects together: gates, pooled bands, savings, fees."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from services.core.money import to_minor
from services.core.terms.mechanisms.bands import Bands
from services.core.terms.mechanisms.gate import Gate
from services.core.terms.mechanisms.savings_share import SavingsShare
from services.core.terms.mechanisms.service_fee import ServiceFee
from settlement_service.domain.agreement.calendar import last_day_before
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Rule, Terms
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.facts.outcome_data import Facts
from settlement_service.domain.mechanisms.amounts import minor_of
from settlement_service.domain.mechanisms.bands import banded
from settlement_service.domain.mechanisms.conditions import claims_under, decided, last_day, people_behind
from settlement_service.domain.mechanisms.items import Item, NotPayable
from settlement_service.domain.mechanisms.measuring import measured
from settlement_service.domain.mechanisms.payable import reason_of_day
from settlement_service.domain.mechanisms.savings_share import savings_items
from settlement_service.domain.mechanisms.service_fee import fee_items
from settlement_service.domain.mechanisms.working import Node

ONCE = "1"
"""The occurrence of what is paid once."""


def contract_items(history: History, terminated_on: date | None, facts: Facts, ends: date) -> list[Item]:
    """The items of a contract that rest on no single claim, from what was achieved before `ends`, one for each key. A
    rule that gives nothing (yet) has an item that says why. What was achieved when nothing is payable, in a window or
    after the end of the contract, does not count: neither for an amount nor against it."""
    seen = facts.before(ends)
    counting = _on_payable_days(history, terminated_on, seen)
    found: dict[ItemKey, Item] = {}
    for terms in history.versions:
        for rule in terms.rules.values():
            for item in _either(terms, rule, terminated_on, counting, seen, ends):
                if history.governing(item.achieved_on).version == terms.version:
                    found[item.key] = _prevailing(rule, found.get(item.key), item)
    return list(found.values())


def _on_payable_days(history: History, terminated_on: date | None, facts: Facts) -> Facts:
    claims = [
        claim
        for claim in facts.claims
        if reason_of_day(history.governing(claim.achieved_on), terminated_on, claim.achieved_on) is None
    ]
    return facts if len(claims) == len(facts.claims) else replace(facts, claims=claims)


def _either(
    terms: Terms, rule: Rule, terminated_on: date | None, counting: Facts, seen: Facts, ends: date
) -> Iterator[Item]:
    """Items from what counts; where that gives nothing, the reason that lies in the day, if one does."""
    given = [_of_its_day(terms, terminated_on, item) for item in _items(terms, rule, counting, ends)]
    if counting is seen:
        yield from given
        return
    for item, whole in zip(given, _items(terms, rule, seen, ends), strict=True):
        dated = _of_its_day(terms, terminated_on, whole)
        yield dated if item.reason is not None and whole.reason is None and dated.reason is not None else item


def _prevailing(rule: Rule, earlier: Item | None, item: Item) -> Item:
    """Of what two versions of the terms give for one key: what is paid once stays as it was achieved first; otherwise
    the newer figure takes the place of the older one."""
    if earlier is None or earlier.reason is not None:
        return item
    return earlier if item.reason is not None or isinstance(rule.said, Gate) else item


def _items(terms: Terms, rule: Rule, facts: Facts, ends: date) -> Iterator[Item]:
    match rule.said:
        case Gate():
            yield _gate(terms, rule.said, facts, ends)
        case Bands(per="contract"):
            yield _pooled(terms, rule.said, facts, ends)
        case SavingsShare():
            yield from savings_items(terms, rule.said, facts, ends)
        case ServiceFee():
            yield from fee_items(terms, rule.said, facts, ends)
        case _:
            return


def _gate(terms: Terms, rule: Gate, facts: Facts, ends: date) -> Item:
    truth = decided(rule.condition, terms, facts)
    if truth.value is True:
        return _given(terms, rule.code, "", truth, to_minor(rule.amount), facts, ends)
    reason: NotPayable = "not-yet-measured" if truth.value is None else "gate-not-met"
    return _nothing(terms, rule.code, truth, reason, facts, ends)


def _pooled(terms: Terms, rule: Bands, facts: Facts, ends: date) -> Item:
    amount = banded(terms, rule, measured(rule.measure, terms, facts))
    if amount.value is None:
        missing = amount.about.get("what") == "no band"
        return _nothing(terms, rule.code, amount, "no-band" if missing else "not-yet-measured", facts, ends)
    return _given(terms, rule.code, rule.measure.metric, amount, minor_of(terms, amount), facts, ends)


def _given(terms: Terms, rule: str, metric: str, working: Node, minor: int, facts: Facts, ends: date) -> Item:
    """One amount, achieved when the last of the claims was that it rests on."""
    claims = claims_under(working)
    day = last_day(claims, facts) or _latest(terms, ends)
    return replace(
        _item(terms, rule, metric, day),
        units=1,
        gross_minor=minor,
        working=working,
        behind=people_behind(terms, claims, facts),
    )


def _nothing(terms: Terms, rule: str, working: Node, reason: NotPayable, facts: Facts, ends: date) -> Item:
    day = last_day(claims_under(working), facts) or _latest(terms, ends)
    return replace(_item(terms, rule, "", day), reason=reason, working=working)


def _item(terms: Terms, rule: str, metric: str, day: date) -> Item:
    key = ItemKey(rule, terms.contract_id, ONCE)
    return Item(key=key, claim_id=None, metric=metric, version=terms.version, achieved_on=day, order_key="")


def _latest(terms: Terms, ends: date) -> date:
    """The last day that is looked at."""
    return last_day_before(min(ends, terms.outcome_period.end))


def _of_its_day(terms: Terms, terminated_on: date | None, item: Item) -> Item:
    reason = item.reason or reason_of_day(terms, terminated_on, item.achieved_on)
    is_grant = item.key.rule in terms.grants
    if reason is None or item.reason is not None or (is_grant and reason == "in-grant-window"):
        return item
    return replace(item, units=0, gross_minor=0, reason=reason)
