"""Domain: what is left of items under the caps, applied in the order person, rule, period, contract."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID

from settlement_service.domain.calendar import name_of
from settlement_service.domain.history import History
from settlement_service.domain.items import Figures, Item, ItemKey, Posted, in_order
from settlement_service.domain.terms import Limit

Group: TypeAlias = tuple[str, str]
"""What a cap counts together: its kind, and the person, rule, period or payer."""
Taken: TypeAlias = Mapping[Group, int]
"""What items that are not among those looked at take up under caps, in minor units: items of a later period that are
posted already, or what a party that sees a part of the contract is told of the rest of it."""
ACHIEVED = ("person", "rule", "period", "contract")
CONTRACT: Group = ("contract", "")


@dataclass(frozen=True, slots=True)
class Due:
    """An item with what each cap cut from it."""

    item: Item
    figures: Figures


@dataclass(frozen=True, slots=True)
class Posting:
    """What settlements before have posted: net minor units under the caps for each item; and, for caps on what is
    settled in a period of the calendar, what was posted in each by its name, and the last day of this settlement.
    `days` are those that items were posted for."""

    net: Mapping[ItemKey, int]
    settled: Mapping[str, int]
    last_day: date
    days: Mapping[ItemKey, date] = field(default_factory=dict)


def group_of(limit: Limit, rule: str, subject: UUID, day: date) -> Group | None:
    """The group that an item belongs to under a cap; None when the cap is not about it."""
    kind = limit.said.kind
    if kind == "person":
        return None if rule in limit.whole else (kind, str(subject))
    if kind == "rule":
        return (kind, rule) if rule == limit.said.rule else None
    if kind == "period":
        assert limit.said.every is not None
        return kind, name_of(day, limit.said.every)
    return CONTRACT


def standing(history: History, limit: Limit) -> int | None:
    """How much may stand under a cap of what was posted: the most that any version of the terms allows, as a lowered
    cap takes nothing back, and an earlier period that is settled again neither; None where one has no such cap."""
    most = limit.minor
    for terms in history.versions:
        same = next((one for one in terms.limits if one.is_same_as(limit)), None)
        if same is None:
            return None
        most = max(most, same.minor)
    return most


def taken_by(limits: Iterable[Limit], posted: Iterable[Posted]) -> Counter[Group]:
    """What posted items take up under each cap."""
    taken: Counter[Group] = Counter()
    caps = [limit for limit in limits if limit.said.kind in ACHIEVED]
    for one in posted:
        item = one.key.item
        for limit in caps:
            group = group_of(limit, item.rule, item.subject_id, one.achieved_on)
            if group is not None and limit.said.period_basis != "settled":
                taken[group] += one.figures.under_caps_minor
        for payer, minor in one.shares:
            taken["payer", payer] += minor
    return taken


def net_of(posted: Iterable[Posted]) -> Counter[ItemKey]:
    """What has been posted for each item, in minor units under the caps: over all its prices and payees."""
    net: Counter[ItemKey] = Counter()
    for one in posted:
        net[one.key.item] += one.figures.under_caps_minor
    return net


def apply_caps(
    history: History, limits: Sequence[Limit], items: Iterable[Item], posting: Posting, taken: Taken
) -> list[Due]:
    """What is due for each payable item, in the order in which caps look at them. Never is more due than a cap allows;
    the last item that fits is cut in part."""
    ordered = in_order(history, items)
    amounts = [item.gross_minor for item in ordered]
    cuts: list[list[int]] = []
    for kind in ACHIEVED:
        left = amounts
        for limit in limits:
            if limit.said.kind == kind:
                left = _under(history, limit, ordered, left, posting, taken)
        cuts.append([before - after for before, after in zip(amounts, left, strict=True)])
        amounts = left
    person, rule, period, contract = cuts
    return [
        Due(item, Figures(item.units, item.gross_minor, person[n], rule[n], period[n], contract[n]))
        for n, item in enumerate(ordered)
    ]


def _under(
    history: History, limit: Limit, items: Sequence[Item], amounts: Sequence[int], posting: Posting, taken: Taken
) -> list[int]:
    """What one cap leaves of `amounts`. Items keep first what was posted and is still due, where the cap says so;
    what is free then goes to items in their order."""
    groups: list[Group | None]
    if limit.said.period_basis == "settled":
        groups, kept, used = _settled_before(limit, items, amounts, posting, taken)
    else:
        groups = [group_of(limit, item.key.rule, item.key.subject_id, item.achieved_on) for item in items]
        kept = _kept(limit, items, groups, amounts, posting)
        used = Counter(taken)
        for group, keeps in zip(groups, kept, strict=True):
            if group is not None:
                used[group] += keeps
    _cut_newest(kept, groups, used, standing(history, limit))
    left = list(amounts)
    for place, group in enumerate(groups):
        if group is not None:
            more = max(0, min(amounts[place] - kept[place], limit.minor - used[group]))
            used[group] += more
            left[place] = kept[place] + more
    return left


def _kept(
    limit: Limit, items: Sequence[Item], groups: Sequence[Group | None], amounts: Sequence[int], posting: Posting
) -> list[int]:
    """What was posted for each item and is still due, where the cap lets it keep its place: not in a period that it was
    corrected into."""
    kept = []
    for item, group, amount in zip(items, groups, amounts, strict=True):
        before = posting.net.get(item.key, 0) if limit.keep_paid else 0
        if before and limit.said.kind == "period":
            day = posting.days.get(item.key, item.achieved_on)
            before = before if group_of(limit, item.key.rule, item.key.subject_id, day) == group else 0
        kept.append(amount if amount < 0 else min(amount, max(0, before)))
    return kept


def _settled_before(
    limit: Limit, items: Sequence[Item], amounts: Sequence[int], posting: Posting, taken: Taken
) -> tuple[list[Group | None], list[int], Counter[Group]]:
    """A cap on what is settled in a period of the calendar: what was posted before stays, in whichever period; what is
    taken back now, and what is below zero, makes room now."""
    kept = [min(amount, posting.net.get(item.key, 0)) for item, amount in zip(items, amounts, strict=True)]
    back = sum(posting.net.values()) - sum(kept)
    assert limit.said.every is not None
    group: Group = ("settled", name_of(posting.last_day, limit.said.every))
    more = posting.settled.get(group[1], 0) + taken.get(group, 0) - back
    return [group for _ in items], kept, Counter({group: more})


def _cut_newest(kept: list[int], groups: Sequence[Group | None], used: Counter[Group], most: int | None) -> None:
    """Where an amount below zero that gave room is gone, as much of the newest items is taken back."""
    if most is None:
        return
    for place in range(len(kept) - 1, -1, -1):
        group = groups[place]
        if group is not None and kept[place] > 0 and used[group] > most:
            less = min(kept[place], used[group] - most)
            kept[place] -= less
            used[group] -= less
