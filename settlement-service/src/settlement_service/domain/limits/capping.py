"""Domain: what caps leave of items: on persons, rules, periods and the contract, one after the other."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

from settlement_service.domain.agreement.calendar import name_of, names_of
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Limit
from settlement_service.domain.facts.figures import NOTHING, WITHOUT_ROOM, Figures, ItemKey
from settlement_service.domain.limits.caps import Due, Group, Taken, gives_up, group_of, max_retainable, order_of
from settlement_service.domain.mechanisms.items import Item, in_order
from settlement_service.domain.mechanisms.mechanism import AmountsByRule

BEFORE_NETTING = ("person", "rule")
"""The caps that come before rules over rules. An advance is netted against what rules give after their own caps, and
before those of the contract."""

OverRules: TypeAlias = Callable[[AmountsByRule], Sequence[Item]]
"""The payable items of rules over rules, by what the items of each rule come to, in minor units."""


def nothing_over_rules(amounts: AmountsByRule) -> Sequence[Item]:
    """No items: no rule looks at the amounts of others."""
    return ()


@dataclass(frozen=True, slots=True)
class PreviouslyPosted:
    """What earlier settlements have posted: the `figures` of each item, and the `days` that items were posted for. For
    caps on what is settled in a period of the calendar: what was posted in each (`settled`, by its name, in minor
    units), and the last day of this settlement, which says in which of them it lies."""

    figures: Mapping[ItemKey, Figures]
    settled: Mapping[str, int]
    last_day: date
    days: Mapping[ItemKey, date] = field(default_factory=dict)

    def minor_of(self, key: ItemKey) -> int:
        """What was posted for an item, in minor units under the caps."""
        return self.figures.get(key, NOTHING).under_caps_minor

    @property
    def total(self) -> int:
        """What was posted for all items, in minor units under the caps."""
        return sum(figures.under_caps_minor for figures in self.figures.values())

    def after(self, due: Iterable[Due]) -> "PreviouslyPosted":
        """What would be posted when this much is, each item for its day."""
        posted = replace(self, figures={amount.item.key: amount.figures for amount in due}, days={})
        settled = Counter(self.settled)
        for name in names_of(self.last_day):
            settled[name] += posted.total - self.total
        return replace(posted, settled=settled)


@dataclass(frozen=True, slots=True)
class _Cap:
    """A cap as it is applied: `gives_up` are the caps whose cuts hold no room under it. Of what was posted,
    `max_retainable` may stay, in minor units (None: all of it)."""

    limit: Limit
    gives_up: frozenset[str]
    max_retainable: int | None


@dataclass(frozen=True, slots=True)
class _Left:
    """What a cap leaves of each item, in minor units. It is `crowded` where what was posted takes up more than it
    allows: 95.00 under a cap that was lowered to 80.00."""

    minor: Sequence[int]
    crowded: bool


def apply_caps(
    history: History,
    limits: Sequence[Limit],
    items: Iterable[Item],
    posted: PreviouslyPosted,
    taken: Taken,
    over_rules: OverRules = nothing_over_rules,
) -> list[Due]:
    """What is due for each payable item, in the order in which caps look at them; then for each item of rules over
    rules. Never is more due than a cap allows. The last item that fits is cut in part: of 30, 30 and 30 under a cap of
    70 the last one gives 10.

    What was posted may take up more than a cap allows: the cap was lowered, or an amount below zero is gone. Where
    something is then taken back, what that leaves is looked at once more, until posting all of it and settling again
    would change nothing. So settling twice posts nothing the second time."""
    ordered = in_order(history, items)
    caps = [
        _Cap(limit, gives_up(limits, limit), max_retainable(history, limit))
        for kind in order_of(limits)
        for limit in limits
        if limit.definition.kind == kind
    ]
    while True:
        due, crowded = _applied(caps, ordered, over_rules, posted, taken)
        if not crowded or all(amount.figures.under_caps_minor == posted.minor_of(amount.item.key) for amount in due):
            return due
        posted = posted.after(due)


def _applied(
    caps: Sequence[_Cap], items: Sequence[Item], over_rules: OverRules, posted: PreviouslyPosted, taken: Taken
) -> tuple[list[Due], bool]:
    """What is due under every cap, one after the other; and whether one of them is crowded."""
    amounts = _Amounts(
        list(items), [item.gross_minor for item in items], {kind: [0] * len(items) for kind in WITHOUT_ROOM}
    )
    for cap in caps:
        if cap.limit.definition.kind in BEFORE_NETTING:
            amounts.put_under(cap, posted, taken)
    amounts.add(over_rules(amounts.by_rule()))
    for cap in caps:
        if cap.limit.definition.kind not in BEFORE_NETTING:
            amounts.put_under(cap, posted, taken)
    return amounts.due(), amounts.crowded


@dataclass(slots=True)
class _Amounts:
    """Items on their way through caps: what is left of each, and what each kind of cap cut, in minor units."""

    items: list[Item]
    left: list[int]
    cuts: dict[str, list[int]]
    crowded: bool = False

    def put_under(self, cap: _Cap, posted: PreviouslyPosted, taken: Taken) -> None:
        """Cuts what the cap does not allow."""
        after = _under(cap, self.items, self.left, posted, taken)
        kind = cap.limit.definition.kind
        rows = zip(self.cuts[kind], self.left, after.minor, strict=True)
        self.cuts[kind] = [cut + before - left for cut, before, left in rows]
        self.left, self.crowded = list(after.minor), self.crowded or after.crowded

    def add(self, items: Sequence[Item]) -> None:
        """More items, from which no cap so far cuts."""
        self.items.extend(items)
        self.left.extend(item.gross_minor for item in items)
        for cuts in self.cuts.values():
            cuts.extend(0 for _ in items)

    def by_rule(self) -> AmountsByRule:
        """What is left of the items of each rule."""
        sums: Counter[str] = Counter()
        for item, minor in zip(self.items, self.left, strict=True):
            sums[item.key.rule] += minor
        return sums

    def due(self) -> list[Due]:
        """Each item with what was cut of it."""
        rows = zip(self.items, *self.cuts.values(), strict=True)
        return [Due(item, Figures(item.units, item.gross_minor, *cuts)) for item, *cuts in rows]


def _under(cap: _Cap, items: Sequence[Item], amounts: Sequence[int], posted: PreviouslyPosted, taken: Taken) -> _Left:
    """What one cap leaves of `amounts`. Items first keep what was posted and is still due, where the cap says so; what
    is free then goes to items in their order. Under a cap of 70, of 30 (new), 30 (posted) and 30 (new), the second
    keeps its 30, the first gets 30, and the third the last 10."""
    limit = cap.limit
    groups: Sequence[Group | None]
    if limit.definition.period_basis == "settled":
        groups, kept, used = _settled_before(limit, items, amounts, posted, taken)
        of_posted = list(kept)
    else:
        groups = [group_of(limit, item.key.rule, item.key.subject_id, item.achieved_on) for item in items]
        kept, of_posted = _kept(cap, items, groups, amounts, posted)
        used = Counter(taken)
        for group, minor in zip(groups, kept, strict=True):
            if group is not None:
                used[group] += minor
    crowded = _cut_newest(kept, of_posted, groups, used, limit.minor)
    if cap.max_retainable is not None:
        _cut_newest(kept, [min(0, minor) for minor in of_posted], groups, used, cap.max_retainable)
    left = list(amounts)
    for place, group in enumerate(groups):
        if group is not None:
            more = max(0, min(amounts[place] - kept[place], limit.minor - used[group]))
            used[group] += more
            left[place] = kept[place] + more
    return _Left(left, crowded)


def _kept(
    cap: _Cap, items: Sequence[Item], groups: Sequence[Group | None], amounts: Sequence[int], posted: PreviouslyPosted
) -> tuple[list[int], list[int]]:
    """The room that each item keeps, as far as it is still due, and what of it was posted: where the cap lets it keep
    its place, and not in a period that it was corrected into."""
    limit, kept, of_posted = cap.limit, list[int](), list[int]()
    for item, group, amount in zip(items, groups, amounts, strict=True):
        figures = posted.figures.get(item.key) if limit.keep_paid else None
        if figures is not None and limit.definition.kind == "period":
            day = posted.days.get(item.key, item.achieved_on)
            figures = figures if group_of(limit, item.key.rule, item.key.subject_id, day) == group else None
        room, minor = (figures.left_by(cap.gives_up), figures.under_caps_minor) if figures is not None else (0, 0)
        kept.append(min(amount, max(0, room)))
        of_posted.append(min(kept[-1], max(0, minor)))
    return kept, of_posted


def _settled_before(
    limit: Limit, items: Sequence[Item], amounts: Sequence[int], posted: PreviouslyPosted, taken: Taken
) -> tuple[list[Group | None], list[int], Counter[Group]]:
    """The group of a cap on what is settled in a period of the calendar, with what each item keeps and what of the cap
    is used. What was posted before stays, in whichever period; what is taken back now, and what is below zero, makes
    room now."""
    kept = [min(amount, posted.minor_of(item.key)) for item, amount in zip(items, amounts, strict=True)]
    assert limit.definition.every is not None
    group: Group = ("settled", name_of(posted.last_day, limit.definition.every))
    more = posted.settled.get(group[1], 0) + taken.get(group, 0) - (posted.total - sum(kept))
    return [group for _ in items], kept, Counter({group: more})


def _cut_newest(
    kept: list[int], least: Sequence[int], groups: Sequence[Group | None], used: Counter[Group], most: int
) -> bool:
    """Where more is used than `most`, the newest items give up as much of what they keep, down to the `least` of each.
    Returns whether more is used all the same, by items that keep something."""
    if all(minor <= most for minor in used.values()):
        return False
    for place in range(len(kept) - 1, -1, -1):
        group = groups[place]
        if group is not None and kept[place] > least[place] and used[group] > most:
            less = min(kept[place] - least[place], used[group] - most)
            kept[place] -= less
            used[group] -= less
    return any(
        group is not None and used[group] > most and keeps > 0 for group, keeps in zip(groups, kept, strict=True)
    )
