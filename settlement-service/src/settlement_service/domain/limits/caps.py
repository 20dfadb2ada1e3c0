"""Domain: caps: what each counts together, in which order they are applied, and what takes up room under them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, assert_never
from uuid import UUID

from settlement_service.domain.agreement.calendar import name_of
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Limit
from settlement_service.domain.facts.figures import WITHOUT_ROOM, Figures, Posted
from settlement_service.domain.mechanisms.items import Item

Group: TypeAlias = tuple[str, str]
"""What a cap counts together: its kind, and the person, rule, period or payer."""
Taken: TypeAlias = Mapping[Group, int]
"""What items that are not among those looked at take up under caps, in minor units: items of a later period that are
posted already, or what a party that sees a part of the contract is told of the rest of it."""
CONTRACT: Group = ("contract", "")


@dataclass(frozen=True, slots=True)
class Due:
    """An item with what each cap cut from it."""

    item: Item
    figures: Figures


def order_of(limits: Iterable[Limit]) -> tuple[str, ...]:
    """The kinds of caps on items in the order in which they are applied. One on what is settled in a period is the
    last: it says when something is paid, the others whether it is."""
    if any(limit.definition.period_basis == "settled" for limit in limits):
        return *(kind for kind in WITHOUT_ROOM if kind != "period"), "period"
    return WITHOUT_ROOM


def gives_up(limits: Iterable[Limit], limit: Limit) -> frozenset[str]:
    """The caps whose cuts hold no room under a cap: itself, and those before it. What a later one cut has its place
    all the same, but what waits for another period has not."""
    order = order_of(limits)
    waits = ("period",) if order != WITHOUT_ROOM else ()
    return frozenset({*order[: order.index(limit.definition.kind) + 1], *waits})


def group_of(limit: Limit, rule: str, subject: UUID, day: date) -> Group | None:
    """The group that an item belongs to under a cap; None when the cap is not about it."""
    kind = limit.definition.kind
    match kind:
        case "person":
            return None if rule in limit.excluded_rules else (kind, str(subject))
        case "rule":
            return (kind, rule) if rule == limit.definition.rule else None
        case "period":
            assert limit.definition.every is not None
            return kind, name_of(day, limit.definition.every)
        case "contract":
            return CONTRACT
        case "payer":
            return None
        case _:
            assert_never(kind)


def max_retainable(history: History, limit: Limit) -> int | None:
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
    caps = [limit for limit in limits if limit.definition.kind in WITHOUT_ROOM]
    without = [gives_up(caps, limit) for limit in caps]
    for one in posted:
        item = one.key.item
        for limit, cuts in zip(caps, without, strict=True):
            group = group_of(limit, item.rule, item.subject_id, one.achieved_on)
            if group is not None and limit.definition.period_basis != "settled":
                taken[group] += one.figures.left_by(cuts)
        for payer, minor in one.shares:
            taken["payer", payer] += minor
    return taken
