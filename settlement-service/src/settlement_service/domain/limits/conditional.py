"""Domain: why an item is not payable for more than its own subject's sake: the condition of its rule, a limit on units
in all, a pause that is not over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from services.core.terms.measures import Condition
from services.core.terms.payment import PausedWindow
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Rule, Terms
from settlement_service.domain.facts.figures import NOTHING, Figures, ItemKey
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.conditions import decided
from settlement_service.domain.mechanisms.items import Item, NotPayable, in_order
from settlement_service.domain.mechanisms.table import mechanism_of


def apply_conditions(
    history: History, items: Sequence[Item], outcomes: OutcomeData, ends: date, posted: Mapping[ItemKey, Figures]
) -> list[Item]:
    """The items, those that are not payable (yet) with the reason. `posted` are the figures of each item so far. Its
    units keep their place under a limit on the units of a rule in all. When an earlier period is settled again, a
    condition takes an item back only if it does not hold by all that is known either."""
    conditioned = _under_conditions(history, items, outcomes, ends, posted)
    limited = {code for terms in history.versions for code, rule in terms.rules.items() if _max_units(rule) is not None}
    if not limited:
        return conditioned
    under_limit, rest = list[Item](), list[Item]()
    for item in conditioned:
        (under_limit if item.reason is None and item.key.rule in limited else rest).append(item)
    return rest + _within_units(history, under_limit, posted)


def _under_conditions(
    history: History, items: Iterable[Item], outcomes: OutcomeData, ends: date, posted: Mapping[ItemKey, Figures]
) -> list[Item]:
    closed = closed_rules(history, outcomes.before(ends))
    by_all_known = closed_rules(history, outcomes) if closed and posted else closed
    still_closed = {rule: reason for rule, reason in by_all_known.items() if rule in closed}
    conditioned = []
    for item in items:
        # What was paid when the condition held is not taken back because an earlier day is settled again.
        reasons = still_closed if posted.get(item.key) else closed
        conditioned.append(_with_reason(item, reasons.get((item.version, item.key.rule))))
    return conditioned


def closed_rules(history: History, outcomes: OutcomeData) -> Mapping[tuple[int, str], NotPayable]:
    """Rules (by version and code) whose own condition does not hold, or not yet."""
    return {
        (terms.version, rule.code): reason
        for terms in history.versions
        for rule in terms.rules.values()
        if (reason := _closed(terms, rule.definition.when, outcomes)) is not None
    }


def is_ready(history: History, item: Item, ends: date) -> bool:
    """Whether an item may be settled up to `ends`: what was achieved in a pause waits until it is over."""
    if item.achieved_on >= ends:
        return False
    return all(
        ends >= window.end
        for window in history.governing(item.achieved_on).windows
        if isinstance(window, PausedWindow) and window.start <= item.achieved_on < window.end
    )


def _closed(terms: Terms, when: Condition | None, outcomes: OutcomeData) -> NotPayable | None:
    if when is None:
        return None
    truth = decided(when, terms, outcomes).value
    if truth is None:
        return "not-yet-measured"
    return None if truth else "condition-not-met"


def _with_reason(item: Item, reason: NotPayable | None) -> Item:
    if reason is None or item.reason is not None:
        return item
    return replace(item, units=0, gross_minor=0, reason=reason)


def _max_units(rule: Rule) -> int | None:
    return mechanism_of(rule.definition).max_units(rule.definition)


def _within_units(history: History, items: Iterable[Item], posted: Mapping[ItemKey, Figures]) -> list[Item]:
    """Items under a limit on the units of their rule in all: units that were posted first, then the oldest. The last
    item that fits counts in part: of 4, 4 and 4 units under a limit of 10 it gives 2."""
    ordered = in_order(history, items)
    kept = [min(item.units, max(0, posted.get(item.key, NOTHING).units)) for item in ordered]
    used: dict[str, int] = defaultdict(int)
    for item, keeps in zip(ordered, kept, strict=True):
        used[item.key.rule] += keeps
    cut = []
    for item, keeps in zip(ordered, kept, strict=True):
        most = _max_units(history.version(item.version).rules[item.key.rule])
        room = item.units if most is None else max(0, most - used[item.key.rule])
        more = min(item.units - keeps, room)
        used[item.key.rule] += more
        cut.append(_cut_to(item, keeps + more))
    return cut


def _cut_to(item: Item, units: int) -> Item:
    if units == item.units:
        return item
    if units == 0:
        return replace(item, units=0, gross_minor=0, reason="over-units")
    return replace(item, units=units, gross_minor=(item.price_minor or 0) * units)
