"""Domain: what is left of items under the caps, applied in the order person, rule, contract."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from settlement_service.domain.items import Figures, Item, ItemKey, Posted, in_order
from settlement_service.domain.terms import Limit, Terms


@dataclass(frozen=True, slots=True)
class Due:
    """An item with what each cap cut from it."""

    item: Item
    figures: Figures


@dataclass(frozen=True, slots=True)
class Taken:
    """What items that are not among those looked at take up under caps, in minor units: items of a later period
    that are posted already, or what a party that sees a part of the contract is told of the rest of it."""

    person: Mapping[UUID, int] = field(default_factory=dict)
    rule: Mapping[str, int] = field(default_factory=dict)
    contract: int = 0

    def plus(self, other: "Taken") -> "Taken":
        """What both take up together."""
        person = Counter(self.person)
        person.update(other.person)
        rule = Counter(self.rule)
        rule.update(other.rule)
        return Taken(person, rule, self.contract + other.contract)


NONE_TAKEN = Taken()


def taken_by(posted: Iterable[Posted]) -> Taken:
    """What posted items take up under each cap."""
    person: dict[UUID, int] = defaultdict(int)
    rule: dict[str, int] = defaultdict(int)
    for one in posted:
        person[one.key.item.subject_id] += one.figures.amount_minor
        rule[one.key.item.rule] += one.figures.amount_minor
    return Taken(person, rule, sum(rule.values()))


def net_of(posted: Iterable[Posted]) -> dict[ItemKey, int]:
    """What has been posted for each item, in minor units: over all its prices and payers."""
    net: dict[ItemKey, int] = defaultdict(int)
    for one in posted:
        net[one.key.item] += one.figures.amount_minor
    return net


def apply_caps(terms: Terms, items: Iterable[Item], net: Mapping[ItemKey, int], taken: Taken) -> list[Due]:
    """What is due for each payable item, in the order in which caps look at them. `net` is what was posted for each
    item. Never is more due than a cap allows; the last item that fits is cut in part."""
    ordered = in_order(terms, items)
    amounts = [item.gross_minor for item in ordered]
    cuts: dict[str, list[int]] = {}
    for kind in ("person", "rule", "contract"):
        left = amounts
        for limit in terms.limits:
            if limit.kind == kind:
                left = _under(limit, ordered, left, net, taken)
        cuts[kind] = [before - after for before, after in zip(amounts, left, strict=True)]
        amounts = left
    return [
        Due(item, Figures(item.units, item.gross_minor, cuts["person"][n], cuts["rule"][n], cuts["contract"][n]))
        for n, item in enumerate(ordered)
    ]


def _under(
    limit: Limit, items: Sequence[Item], amounts: Sequence[int], net: Mapping[ItemKey, int], taken: Taken
) -> list[int]:
    """What one cap leaves of `amounts`. Items keep first what was posted and is still due, where the cap says so;
    what is free then goes to items in their order."""
    group = _GROUPS[limit.kind]
    under = [limit.kind != "rule" or item.key.rule == limit.rule for item in items]
    kept = [
        min(amount, max(0, net.get(item.key, 0))) if counts and limit.keep_paid else 0
        for item, amount, counts in zip(items, amounts, under, strict=True)
    ]
    room: dict[Hashable, int] = {}
    for item, keeps, counts in zip(items, kept, under, strict=True):
        if counts:
            key = group(item)
            room[key] = room.get(key, limit.minor - _taken(limit, item, taken)) - keeps
    left = list(amounts)
    for place, item in enumerate(items):
        if under[place]:
            key = group(item)
            more = max(0, min(amounts[place] - kept[place], room[key]))
            room[key] -= more
            left[place] = kept[place] + more
    return left


_GROUPS: Mapping[str, Callable[[Item], Hashable]] = {
    "person": lambda item: item.key.subject_id,
    "rule": lambda item: item.key.rule,
    "contract": lambda item: None,
}


def _taken(limit: Limit, item: Item, taken: Taken) -> int:
    if limit.kind == "person":
        return taken.person.get(item.key.subject_id, 0)
    return taken.rule.get(item.key.rule, 0) if limit.kind == "rule" else taken.contract
