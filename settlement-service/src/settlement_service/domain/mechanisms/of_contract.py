"""Domain: what rules give over several subjects together, for the whole contract."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Rule, Terms
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.payable import reason_of_day
from settlement_service.domain.mechanisms.table import mechanism_of

ItemsOfRule: TypeAlias = Callable[[Terms, Rule, OutcomeData], Iterator[Item]]
"""What a rule gives by one version of the terms. There are as many items whatever is known."""


def contract_items(history: History, terminated_on: date | None, outcomes: OutcomeData, ends: date) -> list[Item]:
    """The items of a contract that rest on no single claim, from what was achieved before `ends`."""

    def items(terms: Terms, rule: Rule, known: OutcomeData) -> Iterator[Item]:
        return mechanism_of(rule.definition).items_of_contract(terms, rule.definition, known, ends)

    return items_of_versions(history, terminated_on, outcomes.before(ends), items)


def items_of_versions(
    history: History, terminated_on: date | None, seen: OutcomeData, items_of_rule: ItemsOfRule
) -> list[Item]:
    """What rules give by what is `seen`, one item for each key, each by the version of the terms that governs its day.
    A rule that gives nothing (yet) has an item with the reason. What was achieved on a day when nothing is payable, in
    a window or after a termination, counts neither for an amount nor against it."""
    counting = _on_payable_days(history, terminated_on, seen)
    items: dict[ItemKey, Item] = {}
    for terms in history.versions:
        for rule in terms.rules.values():
            for item in _either(terms, rule, terminated_on, counting, seen, items_of_rule):
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
    terms: Terms,
    rule: Rule,
    terminated_on: date | None,
    counting: OutcomeData,
    seen: OutcomeData,
    items_of_rule: ItemsOfRule,
) -> Iterator[Item]:
    """Items from what counts. An item that gives nothing from that, and would give something from everything seen, has
    the reason that lies in its day: "in-pause" says more than "gate-not-met"."""
    given = [_of_its_day(terms, terminated_on, item) for item in items_of_rule(terms, rule, counting)]
    if counting is seen:
        yield from given
        return
    for item, uncounted in zip(given, items_of_rule(terms, rule, seen), strict=True):
        dated = _of_its_day(terms, terminated_on, uncounted)
        yield dated if item.reason is not None and uncounted.reason is None and dated.reason is not None else item


def _prevailing(rule: Rule, earlier: Item | None, item: Item) -> Item:
    """Which item of two versions of the terms holds for one key. What is paid once stays as it was achieved first.
    Otherwise the newer figure takes the place of the older one."""
    if earlier is None or earlier.reason is not None:
        return item
    return earlier if item.reason is not None or mechanism_of(rule.definition).is_paid_once else item


def _of_its_day(terms: Terms, terminated_on: date | None, item: Item) -> Item:
    """The item; or, where nothing is payable on its day, the item of nothing with that reason. A grant is payable in
    its own window."""
    reason = item.reason or reason_of_day(terms, terminated_on, item.achieved_on)
    is_grant = item.key.rule in terms.grants
    if reason is None or item.reason is not None or (is_grant and reason == "in-grant-window"):
        return item
    return replace(item, units=0, gross_minor=0, reason=reason)
