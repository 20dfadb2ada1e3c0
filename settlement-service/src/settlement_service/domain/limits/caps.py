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
"""What items that are not among those looked at take up under caps, in minor units. They are of a later period and
posted already; or a party that sees a part of the contract does not see them, and is given these sums."""
CONTRACT: Group = ("contract", "")


@dataclass(frozen=True, slots=True)
class Due:
    """An item with its figures: its value, and what each cap cut from it."""

    item: Item
    figures: Figures


def order_of(limits: Iterable[Limit]) -> tuple[str, ...]:
    """The kinds of caps on items in the order in which they are applied: person, rule, period, contract. A cap on what
    is settled in a period is the last: it says when something is paid, the others whether it is."""
    if any(limit.definition.period_basis == "settled" for limit in limits):
        return *(kind for kind in WITHOUT_ROOM if kind != "period"), "period"
    return WITHOUT_ROOM


def gives_up(limits: Iterable[Limit], limit: Limit) -> frozenset[str]:
    """The caps whose cuts hold no room under a cap: itself, and those before it. What a later cap cut takes up room all
    the same: of 100.00 of which the cap on the contract cut 40.00, 100.00 stands under the cap on the rule. What waits
    for another period takes up none."""
    order = order_of(limits)
    waits = ("period",) if order != WITHOUT_ROOM else ()
    return frozenset({*order[: order.index(limit.definition.kind) + 1], *waits})


def group_of(limit: Limit, rule: str, subject: UUID, day: date) -> Group | None:
    """The group that an item belongs to under a cap; None when the cap is not on it. A cap on a payer is on no items:
    it is looked at when these are shared among payers."""
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
    """How much of what was posted may stand under a cap, in minor units: the most that any version of the terms
    allows; None where a version has no such cap. Lowered from 100.00 to 80.00 by an amendment, a cap takes nothing
    back of 95.00 that was posted, and neither does settling an earlier period again."""
    most = limit.minor
    for terms in history.versions:
        same = next((other for other in terms.limits if other.is_same_as(limit)), None)
        if same is None:
            return None
        most = max(most, same.minor)
    return most


def taken_by(limits: Iterable[Limit], posted: Iterable[Posted]) -> Counter[Group]:
    """What posted items take up under each cap, and of what each payer pays, in minor units. A cap on what is settled
    in a period is left out: what is settled in each is counted by settlements, not by items."""
    taken: Counter[Group] = Counter()
    caps = [limit for limit in limits if limit.definition.kind in WITHOUT_ROOM]
    without = [gives_up(caps, limit) for limit in caps]
    for each in posted:
        item = each.key.item
        for limit, cuts in zip(caps, without, strict=True):
            group = group_of(limit, item.rule, item.subject_id, each.achieved_on)
            if group is not None and limit.definition.period_basis != "settled":
                taken[group] += each.figures.left_by(cuts)
        for payer, minor in each.shares:
            taken["payer", payer] += minor
    return taken
