"""Tests: which items are payable for what was achieved before a day: conditions of rules, units in all, pauses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from .by_subject import items_by_subject
from .claims import Known
from .conditions import decided
from .in_all import items_in_all
from .items import Figures, Item, ItemKey, in_order, waits
from .terms import History, Terms


def entitled(history: History, known: Known, ends: str, posted: Mapping[ItemKey, Figures]) -> list[Item]:
    """All items, also of what was achieved later, those that give nothing with the reason. Of what was `posted` a
    condition takes back only what it also forbids by all that is known."""
    every = [*items_by_subject(history, known), *items_in_all(history, known, ends)]
    now, later = closed_rules(history, known.before(ends)), closed_rules(history, known)
    items = []
    for item in every:
        rule = item.version, item.key[0]
        reason = now.get(rule) and (later.get(rule) if any(posted.get(item.key, ())) else now[rule])
        items.append(item.without(reason) if reason else item)
    return _within_units(history, items, {key: figures[0] for key, figures in posted.items()})


def is_payable(history: History, item: Item, ends: str, posted: Mapping[ItemKey, Figures]) -> bool:
    """Whether an item is settled up to a day: what was paid when a pause was over also is before it is."""
    if item.reason is not None or item.achieved_on >= ends:
        return False
    return any(posted.get(item.key, ())) or not waits(history.version(item.version), item.achieved_on, ends)


def closed_rules(history: History, known: Known) -> dict[tuple[int, str], str]:
    """The rules, by version and code, whose own condition lets them give nothing, and why."""
    every = {(terms.version, code): _closed(terms, code, known) for terms in history.versions for code in terms.rules}
    return {rule: reason for rule, reason in every.items() if reason is not None}


def _closed(terms: Terms, code: str, known: Known) -> str | None:
    """Why a rule's own condition lets it give nothing."""
    when = terms.rules[code].get("when")
    truth = True if when is None else decided(when, terms, known).value
    return {None: "not-yet-measured", False: "condition-not-met", True: None}[truth]


def _within_units(history: History, items: Sequence[Item], posted: Mapping[ItemKey, int]) -> list[Item]:
    """Units of a rule in all: what was posted first, then the oldest; the last item that fits counts in part."""
    limited = {
        code for terms in history.versions for code, rule in terms.rules.items() if rule.get("maxUnits") is not None
    }
    rest = [item for item in items if item.reason is not None or item.key[0] not in limited]
    for code in sorted(limited):
        mine = [item for item in items if item.reason is None and item.key[0] == code]
        rest += _of_rule(history, code, in_order(history, mine), posted)
    return rest


def _of_rule(history: History, code: str, items: Sequence[Item], posted: Mapping[ItemKey, int]) -> Iterable[Item]:
    keeps = {item.key: min(item.units, max(0, posted.get(item.key, 0))) for item in items}
    used = sum(keeps.values())
    for item in items:
        most = history.version(item.version).rules[code].get("maxUnits")
        free = item.units if most is None else max(0, most - used)
        more = min(item.units - keeps[item.key], free)
        used += more
        units = keeps[item.key] + more
        cut = replace(item, units=units, gross=(item.price or 0) * units)
        yield cut if units else item.without("over-units")
