"""Domain: amounts below zero that stay as they were posted: what they gave room to is posted for a later date.

Under a cap of 100.00 on the contract, -20.00 is posted for March and 120.00 for June: 100.00 in all. Then the claim
behind the -20.00 is corrected, so that it gives nothing, and the time up to the end of March is settled again. June is
not looked at: its 120.00 would stand alone, over the cap. So the -20.00 stays until June is settled again (ADR 0019).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from settlement_service.domain.agreement.calendar import is_name_of
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Limit
from settlement_service.domain.facts.figures import Figures, ItemKey, Posted, PostedKey
from settlement_service.domain.limits.caps import Group, Taken, max_retainable, taken_by
from settlement_service.domain.limits.shares import wanted_shares
from settlement_service.domain.mechanisms.items import Item


def negative_items_to_keep(
    history: History, limits: Sequence[Limit], payable: Iterable[Item], posted: Iterable[Posted], taken: Taken
) -> frozenset[ItemKey]:
    """The items that stay as they were `posted`. Without what each of them is below zero, more would be under a cap
    than may stand, by what is `taken` by items that are not looked at. What is above zero gives way before. The oldest
    are taken back first, as many as may be (ADR 0019)."""
    negative = _below_zero(posted)
    if not negative or not taken:
        return frozenset()
    now = {item.key: [_as_posted(history, item)] for item in payable if item.gross_minor < 0}
    room, used, rising = _Room(history, limits), Counter(taken), dict[ItemKey, Mapping[Group, int]]()
    for key in dict.fromkeys([*_in_order(history, negative), *now]):
        before, after = taken_by(limits, negative.get(key, ())), taken_by(limits, now.get(key, ()))
        if room.may_lack(before, after):
            rising[key] = {group: after[group] - before[group] for group in {**before, **after}}
        used.update(before if key in rising else after)
    return _without_room(rising, used, room)


class _Room:
    """How much may stand in each group of a cap."""

    def __init__(self, history: History, limits: Sequence[Limit]) -> None:
        self._history, self._limits = history, limits
        self._most: dict[Group, int | None] = {}

    def most(self, group: Group) -> int | None:
        """The most that may stand in a group, in minor units; None stands for all."""
        if group not in self._most:
            self._most[group] = _most(self._history, self._limits, group)
        return self._most[group]

    def may_lack(self, before: Counter[Group], after: Counter[Group]) -> bool:
        """Whether more would stand in a group of limited room than before."""
        limited = [group for group in before if self.most(group) is not None]
        return any(after[group] > before[group] for group in limited)

    def holds(self, more: Mapping[Group, int], used: Counter[Group]) -> bool:
        """Whether there is room for as much more, in the groups that something below zero stood in."""
        return all(
            used[group] + minor <= most
            for group, minor in more.items()
            if minor > 0 and (most := self._most.get(group)) is not None
        )


def _below_zero(posted: Iterable[Posted]) -> Mapping[ItemKey, list[Posted]]:
    by_item: dict[ItemKey, list[Posted]] = {}
    for each in posted:
        if each.figures.gross_minor < 0:
            by_item.setdefault(each.key.item, []).append(each)
    return by_item


def _in_order(history: History, negative: Mapping[ItemKey, Sequence[Posted]]) -> list[ItemKey]:
    def place(key: ItemKey) -> tuple[date, int, str, str]:
        day = min(posted.achieved_on for posted in negative[key])
        return day, history.positions[key.rule], key.occurrence, str(key.subject_id)

    return sorted(negative, key=place)


def _as_posted(history: History, item: Item) -> Posted:
    """An amount below zero as it would be posted: no cap cuts of it, and nothing of it is held back."""
    terms, minor = history.version(item.version), item.gross_minor
    key = PostedKey(item.key, item.price_minor, terms.rules[item.key.rule].payee)
    shares = tuple(wanted_shares(terms, item, minor).items())
    return Posted(key, item.claim_id, item.version, item.achieved_on, Figures(gross_minor=minor), shares)


def _most(history: History, limits: Iterable[Limit], group: Group) -> int | None:
    """How much may stand in a group; None stands for all."""
    kind, name = group
    for limit in limits:
        definition = limit.definition
        # A cap on a rule or a payer is on that one alone; a cap on a person is on each, whoever it is.
        if definition.kind == kind and (definition.rule or definition.payer or name) == name and _is_in(name, limit):
            return max_retainable(history, limit)
    return None


def _is_in(name: str, limit: Limit) -> bool:
    """Whether a cap that is on a period is on those of this name (`2026-03`), by the day of the achievement."""
    every = limit.definition.every
    return every is None or (limit.definition.period_basis != "settled" and is_name_of(name, every))


def _without_room(
    rising: Mapping[ItemKey, Mapping[Group, int]], used: Counter[Group], room: _Room
) -> frozenset[ItemKey]:
    """Takes back one item after the other, each for which there is room, until there is room for none of the rest.
    Each that is taken back may make room in another group: so those that were refused are tried again."""
    left = list(rising)
    while True:
        refused = []
        for key in left:
            if room.holds(rising[key], used):
                used.update(rising[key])
            else:
                refused.append(key)
        if len(refused) == len(left):
            return frozenset(refused)
        left = refused
