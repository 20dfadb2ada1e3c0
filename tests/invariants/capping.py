"""Tests: what is left of items under caps on persons, rules, periods and the contract, computed a second time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .days import day_before, period_of
from .items import Due, ItemKey
from .terms import CAPS, History, Said, Terms, minor, pays_for_people

Group = tuple[str, str]
ABOUT = ("kind", "rule", "payer", "every", "periodBasis")
"""What two caps that limit the same have in common, whatever their amounts."""


@dataclass(frozen=True)
class Standing:
    """What stands posted when caps are applied: minor units under the caps of each item that is looked at (`net`), and
    the day that it was posted for (`days`); of each item that is not looked at, with its day (`later`); and of each
    period of the calendar that was settled."""

    net: Mapping[ItemKey, int]
    days: Mapping[ItemKey, str]
    later: Sequence[tuple[ItemKey, str, int]]
    settled: Mapping[str, int]


def group_of(history: History, cap: Said, key: ItemKey, day: str) -> Group | None:
    """What a cap counts an item under; None when it is not about it."""
    kind = cap["kind"]
    if kind == "person":
        return (kind, key[1]) if pays_for_people(history, key[0]) else None
    if kind == "rule":
        return (kind, key[0]) if cap["rule"] == key[0] else None
    return kind, period_of(day, cap["every"]) if kind == "period" else ""


def may_stand(history: History, cap: Said) -> int | None:
    """How much of what was posted may stay: the most that any version allows; None for all, where one has none."""
    amounts = []
    for terms in history.versions:
        same = [one for one in terms.caps(cap["kind"]) if all(one.get(name) == cap.get(name) for name in ABOUT)]
        if not same:
            return None
        amounts.append(minor(same[0]["amount"]))
    return max(amounts)


def cut_by_caps(history: History, due: Sequence[Due], standing: Standing, ends: str) -> None:
    """Cuts items (in their order) by every cap in turn, of the terms in effect at the end."""
    terms = history.at_end(ends)
    for kind in CAPS:
        for cap in terms.caps(kind):
            most = may_stand(history, cap)
            if cap.get("periodBasis") == "settled":
                _of_settled_period(terms, cap, due, standing, ends, most)
            else:
                _of_groups(history, terms, cap, due, standing, most)


def _of_groups(
    history: History, terms: Terms, cap: Said, due: Iterable[Due], standing: Standing, most: int | None
) -> None:
    groups: dict[Group, list[Due]] = {}
    for one in due:
        group = group_of(history, cap, one.item.key, one.item.achieved_on)
        if group is not None:
            groups.setdefault(group, []).append(one)
    taken: Counter[Group | None] = Counter()
    for key, day, takes in standing.later:
        taken[group_of(history, cap, key, day)] += takes
    for group, members in groups.items():
        keeps = [_keeps(history, cap, group, one, standing) for one in members]
        _fill(cap["kind"], members, keeps, taken[group], terms.minor(cap["amount"]), most)


def _keeps(history: History, cap: Said, group: Group, due: Due, standing: Standing) -> int:
    """What an item has of the room before the others: what was posted of it, if that was in the same group; and what
    it gives back."""
    key = due.item.key
    before = standing.net.get(key, 0) if cap.get("headroom", "keep_paid") == "keep_paid" else 0
    if before and group_of(history, cap, key, standing.days[key]) != group:
        before = 0
    return min(due.under_caps, max(0, before))


def _fill(kind: str, due: Sequence[Due], keeps: Sequence[int], others: int, cap: int, most: int | None) -> None:
    """Takes back of the newest what may not stand; then gives the room that is left to the oldest. `others` take up
    room too."""
    kept, used = list(keeps), others + sum(keeps)
    for place in reversed(range(len(kept))):
        if most is not None and kept[place] > 0:
            over = min(kept[place], max(0, used - most))
            kept[place], used = kept[place] - over, used - over
    for one, keeping in zip(due, kept, strict=True):
        asked = one.under_caps - keeping
        more = max(0, min(asked, cap - used))
        used += more
        one.cut[kind] = one.cut.get(kind, 0) + asked - more


def _of_settled_period(
    terms: Terms, cap: Said, due: Sequence[Due], standing: Standing, ends: str, most: int | None
) -> None:
    """What was posted stays, in whichever period that was; what is taken back now makes room now."""
    stays = [min(one.under_caps, standing.net.get(one.item.key, 0)) for one in due]
    settled = standing.settled.get(period_of(day_before(ends), cap["every"]), 0)
    _fill(cap["kind"], due, stays, settled - sum(standing.net.values()), terms.minor(cap["amount"]), most)
