"""Tests: what is left of items under caps on persons, rules, periods and the contract, computed a second time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .days import day_before, period_of
from .items import Due, ItemKey
from .terms import CAPS, Said, Terms

Group = tuple[str, str]


@dataclass(frozen=True)
class Standing:
    """What stands posted when caps are applied: minor units under the caps of each item that is looked at (`net`), of
    each that is not (with the day that it was achieved on), and of each period of the calendar that was settled. What
    is below zero for items that are not looked at makes no room."""

    net: Mapping[ItemKey, int]
    later: Sequence[tuple[ItemKey, str, int]]
    settled: Mapping[str, int]


def group_of(cap: Said, key: ItemKey, day: str) -> Group | None:
    """What a cap counts an item under; None when it is not about it."""
    kind = cap["kind"]
    if kind == "person":
        return kind, key[1]
    if kind == "rule":
        return (kind, key[0]) if cap["rule"] == key[0] else None
    return kind, period_of(day, cap["every"]) if kind == "period" else ""


def cut_by_caps(terms: Terms, due: Sequence[Due], standing: Standing, ends: str) -> None:
    """Cuts items (in their order) by every cap in turn."""
    for kind in CAPS:
        for cap in terms.caps(kind):
            if cap.get("periodBasis") == "settled":
                _of_settled_period(terms, cap, due, standing, ends)
            else:
                _of_groups(terms, cap, due, standing)


def _of_groups(terms: Terms, cap: Said, due: Iterable[Due], standing: Standing) -> None:
    groups: dict[Group, list[Due]] = {}
    for one in due:
        group = group_of(cap, one.item.key, one.item.achieved_on)
        if group is not None:
            groups.setdefault(group, []).append(one)
    taken: Counter[Group | None] = Counter()
    for key, day, minor in standing.later:
        taken[group_of(cap, key, day)] += minor
    keep = cap.get("headroom", "keep_paid") == "keep_paid"
    for group, members in groups.items():
        keeps = [_keeps(one, standing.net if keep else {}) for one in members]
        _fill(cap["kind"], members, keeps, terms.minor(cap["amount"]) - max(0, taken[group]) - sum(keeps))


def _keeps(due: Due, net: Mapping[ItemKey, int]) -> int:
    """What an item has of the room before the others: what was posted of it; and what it gives back."""
    return min(due.under_caps, max(0, net.get(due.item.key, 0)))


def _fill(kind: str, due: Sequence[Due], keeps: Sequence[int], room: int) -> None:
    for one, kept in zip(due, keeps, strict=True):
        asked = one.under_caps - kept
        more = max(0, min(asked, room))
        room -= more
        one.cut[kind] = one.cut.get(kind, 0) + asked - more


def _of_settled_period(terms: Terms, cap: Said, due: Sequence[Due], standing: Standing, ends: str) -> None:
    """What was posted stays, in whichever period that was; what is taken back now makes room now."""
    stays = [min(one.under_caps, standing.net.get(one.item.key, 0)) for one in due]
    back = sum(standing.net.values()) - sum(stays)
    settled = standing.settled.get(period_of(day_before(ends), cap["every"]), 0)
    _fill(cap["kind"], due, stays, terms.minor(cap["amount"]) - settled + back)
