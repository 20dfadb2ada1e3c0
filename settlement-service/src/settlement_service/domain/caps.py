"""Domain: what is left of items under the caps, applied in the order person, rule, period, contract."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    settled in a period of the calendar, what was posted in each by its name, and the last day of this settlement."""

    net: Mapping[ItemKey, int]
    settled: Mapping[str, int]
    last_day: date


def group_of(limit: Limit, rule: str, subject: UUID, day: date) -> Group | None:
    """The group that an item belongs to under a cap; None when the cap is not about it."""
    kind = limit.said.kind
    if kind == "person":
        return kind, str(subject)
    if kind == "rule":
        return (kind, rule) if rule == limit.said.rule else None
    if kind == "period":
        assert limit.said.every is not None
        return kind, name_of(day, limit.said.every)
    return CONTRACT


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
                left = _under(limit, ordered, left, posting, taken)
        cuts.append([before - after for before, after in zip(amounts, left, strict=True)])
        amounts = left
    person, rule, period, contract = cuts
    return [
        Due(item, Figures(item.units, item.gross_minor, person[n], rule[n], period[n], contract[n]))
        for n, item in enumerate(ordered)
    ]


def _under(limit: Limit, items: Sequence[Item], amounts: Sequence[int], posting: Posting, taken: Taken) -> list[int]:
    """What one cap leaves of `amounts`. Items keep first what was posted and is still due, where the cap says so;
    what is free then goes to items in their order."""
    if limit.said.period_basis == "settled":
        return _under_settled(limit, items, amounts, posting, taken)
    groups = [group_of(limit, item.key.rule, item.key.subject_id, item.achieved_on) for item in items]
    net = posting.net if limit.keep_paid else {}
    kept = [
        amount if amount < 0 else min(amount, max(0, net.get(item.key, 0)))
        for item, amount in zip(items, amounts, strict=True)
    ]
    room: dict[Group, int] = {}
    for group, keeps in zip(groups, kept, strict=True):
        if group is not None:
            room[group] = room.get(group, limit.minor - taken.get(group, 0)) - keeps
    left = list(amounts)
    for place, group in enumerate(groups):
        if group is not None:
            more = max(0, min(amounts[place] - kept[place], room[group]))
            room[group] -= more
            left[place] = kept[place] + more
    return left


def _under_settled(
    limit: Limit, items: Sequence[Item], amounts: Sequence[int], posting: Posting, taken: Taken
) -> list[int]:
    """A cap on what is settled in a period of the calendar: what was posted before stays, in whichever period; what is
    taken back now makes room now."""
    stays = {item.key: min(amount, posting.net.get(item.key, 0)) for item, amount in zip(items, amounts, strict=True)}
    back = sum(net - stays.get(key, 0) for key, net in posting.net.items())
    assert limit.said.every is not None
    name = name_of(posting.last_day, limit.said.every)
    room = limit.minor - posting.settled.get(name, 0) - taken.get(("settled", name), 0) + back
    left = []
    for item, amount in zip(items, amounts, strict=True):
        more = max(0, min(amount - stays[item.key], room))
        room -= more
        left.append(stays[item.key] + more)
    return left
