"""Domain: what rules give over several subjects together, for the whole contract."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Rule, Terms
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.payable import reason_of_day
from settlement_service.domain.mechanisms.table import mechanism_of


def contract_items(history: History, terminated_on: date | None, outcomes: OutcomeData, ends: date) -> list[Item]:
    """The items of a contract that rest on no single claim, from what was achieved before `ends`: one for each key. A
    rule that gives nothing (yet) has an item with the reason. What was achieved on a day when nothing is payable, in a
    window or after a termination, counts neither for an amount nor against it."""
    seen = outcomes.before(ends)
    counting = _on_payable_days(history, terminated_on, seen)
    items: dict[ItemKey, Item] = {}
    for terms in history.versions:
        for rule in terms.rules.values():
            for item in _either(terms, rule, terminated_on, counting, seen, ends):
                if history.governing(item.achieved_on).version == terms.version:
                    items[item.key] = _prevailing(rule, items.get(item.key), item)
    return list(items.values())


def _on_payable_days(history: History, terminated_on: date | None, outcomes: OutcomeData) -> OutcomeData:
    claims = [
        claim
        for claim in outcomes.claims
        if reason_of_day(history.governing(claim.achieved_on), terminated_on, claim.achieved_on) is None
    ]
    return outcomes if len(claims) == len(outcomes.claims) else replace(outcomes, claims=claims)


def _either(
    terms: Terms, rule: Rule, terminated_on: date | None, counting: OutcomeData, seen: OutcomeData, ends: date
) -> Iterator[Item]:
    """Items from what counts. An item that gives nothing from that, and would give something from everything seen, has
    the reason that lies in its day: "in-pause" says more than "gate-not-met"."""
    given = [of_its_day(terms, terminated_on, item) for item in _items(terms, rule, counting, ends)]
    if counting is seen:
        yield from given
        return
    for item, uncounted in zip(given, _items(terms, rule, seen, ends), strict=True):
        dated = of_its_day(terms, terminated_on, uncounted)
        yield dated if item.reason is not None and uncounted.reason is None and dated.reason is not None else item


def _prevailing(rule: Rule, earlier: Item | None, item: Item) -> Item:
    """Which item of two versions of the terms holds for one key. What is paid once stays as it was achieved first.
    Otherwise the newer figure takes the place of the older one."""
    if earlier is None or earlier.reason is not None:
        return item
    return earlier if item.reason is not None or mechanism_of(rule.definition).is_paid_once else item


def _items(terms: Terms, rule: Rule, outcomes: OutcomeData, ends: date) -> Iterator[Item]:
    return mechanism_of(rule.definition).items_of_contract(terms, rule.definition, outcomes, ends)


def of_its_day(terms: Terms, terminated_on: date | None, item: Item) -> Item:
    """The item; or, where nothing is payable on its day, the item of nothing with that reason. A grant is payable in
    its own window."""
    reason = item.reason or reason_of_day(terms, terminated_on, item.achieved_on)
    is_grant = item.key.rule in terms.grants
    if reason is None or item.reason is not None or (is_grant and reason == "in-grant-window"):
        return item
    return replace(item, units=0, gross_minor=0, reason=reason)
