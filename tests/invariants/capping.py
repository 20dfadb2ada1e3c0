"""Tests: what is left of items under caps on persons, rules, periods and the contract, computed a second time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .days import day_before, period_of, periods_of
from .items import CUTS, NOTHING, Due, Figures, ItemKey, under_caps
from .terms import CAPS, Definition, History, Terms, minor, pays_for_people

Group = tuple[str, str]
ABOUT = ("kind", "rule", "payer", "every", "periodBasis")
"""What two caps that limit the same have in common, whatever their amounts."""
LAST = ("person", "rule", "contract", "period")
"""The order of caps where that on a period is about what is settled: it says when, all others whether."""


@dataclass(frozen=True)
class PreviouslyPosted:
    """What stands posted when caps are applied: the figures of each item that is looked at (`stood`), and the day that
    it was posted for (`days`); of each item that is not looked at, with its day (`later`); and minor units of each
    period of the calendar that was settled."""

    stood: Mapping[ItemKey, Figures]
    days: Mapping[ItemKey, str]
    later: Sequence[tuple[ItemKey, str, Figures]]
    settled: Mapping[str, int]

    def paid(self, key: ItemKey) -> int:
        """Minor units posted of an item."""
        return under_caps(self.stood.get(key, NOTHING))

    def everything(self) -> int:
        """Minor units posted of all items that are looked at."""
        return sum(under_caps(figures) for figures in self.stood.values())

    def with_posted(self, due: Sequence[Due], ends: str) -> "PreviouslyPosted":
        """What stands once all that is due is posted."""
        settled = Counter(self.settled)
        more = sum(item_due.under_caps for item_due in due) - self.everything()
        settled.update(dict.fromkeys(periods_of(day_before(ends)), more))
        days = {item_due.item.key: item_due.item.achieved_on for item_due in due}
        return PreviouslyPosted({item_due.item.key: item_due.figures for item_due in due}, days, self.later, settled)


def group_of(history: History, cap: Definition, key: ItemKey, day: str) -> Group | None:
    """What a cap counts an item under; None when it is not about it."""
    kind = cap["kind"]
    if kind == "person":
        return (kind, key[1]) if pays_for_people(history, key[0]) else None
    if kind == "rule":
        return (kind, key[0]) if cap["rule"] == key[0] else None
    return kind, period_of(day, cap["every"]) if kind == "period" else ""


def max_retainable(history: History, cap: Definition) -> int | None:
    """How much of what was posted may stay: the most that any version allows; None for all, where one has none."""
    amounts = []
    for terms in history.versions:
        same = [own for own in terms.caps(cap["kind"]) if all(own.get(name) == cap.get(name) for name in ABOUT)]
        if not same:
            return None
        amounts.append(minor(same[0]["amount"]))
    return max(amounts)


def cut_by_caps(history: History, due: Sequence[Due], previous: PreviouslyPosted, ends: str) -> None:
    """Cuts items (in their order) by every cap in turn, of the terms in effect at the end. Where more stands than a cap
    allows, once more over what that would post, until it posts nothing else."""
    terms = history.at_end(ends)
    while _cut_once(history, terms, due, previous, ends):
        if all(item_due.under_caps == previous.paid(item_due.item.key) for item_due in due):
            return
        previous = previous.with_posted(due, ends)
        for item_due in due:
            item_due.cut.clear()


def _cut_once(history: History, terms: Terms, due: Sequence[Due], previous: PreviouslyPosted, ends: str) -> bool:
    """Whether more stands than some cap allows."""
    too_much = False
    waits = any(cap["periodBasis"] == "settled" for cap in terms.caps("period"))
    for kind in LAST if waits else CAPS:
        for cap in terms.caps(kind):
            if cap.get("periodBasis") == "settled":
                groups = _of_settled_period(cap, due, previous, ends)
            else:
                groups = _of_groups(history, cap, due, previous, waits=waits)
            most = max_retainable(history, cap)
            for group in groups:
                too_much |= group.fill(kind, terms.minor(cap["amount"]), most)
    return too_much


def room_of(cap: Definition, figures: Figures, *, waits: bool) -> int:
    """What an item holds under a cap by what was posted of it: what this cap and those before it left, less what waits
    for a later period."""
    order = LAST if waits else CAPS
    taken = {*order[: order.index(cap["kind"]) + 1], *(["period"] if waits else [])}
    return figures[1] - sum(minor for kind, minor in zip(CUTS, figures[2:], strict=True) if kind in taken)


def _of_groups(
    history: History, cap: Definition, due: Sequence[Due], previous: PreviouslyPosted, *, waits: bool
) -> Sequence["_Members"]:
    groups: dict[Group, _Members] = {}
    for item_due in due:
        key, group = item_due.item.key, group_of(history, cap, item_due.item.key, item_due.item.achieved_on)
        if group is None:
            continue
        stood = previous.stood.get(key, NOTHING) if cap.get("headroom", "keep_paid") == "keep_paid" else NOTHING
        if any(stood) and group_of(history, cap, key, previous.days.get(key, item_due.item.achieved_on)) != group:
            stood = NOTHING
        holds = min(item_due.under_caps, max(0, room_of(cap, stood, waits=waits)))
        groups.setdefault(group, _Members([], [], [], 0)).add(item_due, holds, min(holds, max(0, under_caps(stood))))
    for key, day, figures in previous.later:
        members = groups.get(group_of(history, cap, key, day) or ("", ""))
        if members is not None:
            members.others += room_of(cap, figures, waits=waits)
    return list(groups.values())


def _of_settled_period(
    cap: Definition, due: Sequence[Due], previous: PreviouslyPosted, ends: str
) -> Sequence["_Members"]:
    """What was posted stays, in whichever period that was; what is taken back now makes room now."""
    settled = previous.settled.get(period_of(day_before(ends), cap["every"]), 0)
    members = _Members([], [], [], settled - previous.everything())
    for item_due in due:
        stays = min(item_due.under_caps, previous.paid(item_due.item.key))
        members.add(item_due, stays, stays)
    return [members]


@dataclass
class _Members:
    """Items of one group under a cap, in their order: what room each holds, what of that was posted; and what others
    take up."""

    due: list[Due]
    holds: list[int]
    posted: list[int]
    others: int

    def add(self, due: Due, holds: int, posted: int) -> None:
        """One more."""
        self.due.append(due)
        self.holds.append(holds)
        self.posted.append(posted)

    def fill(self, kind: str, cap: int, most: int | None) -> bool:
        """The newest give up what they hold and was not posted, then what may not stand; the room that is left is for
        the oldest. Whether what was posted is more than the cap."""
        self._give_up(self.posted, cap)
        too_much = self._used() > cap and any(minor > 0 for minor in self.holds)
        if most is not None:
            self._give_up([min(0, minor) for minor in self.posted], most)
        used = self._used()
        for item_due, holding in zip(self.due, self.holds, strict=True):
            asked = item_due.under_caps - holding
            more = max(0, min(asked, cap - used))
            used += more
            item_due.cut[kind] = item_due.cut.get(kind, 0) + asked - more
        return too_much

    def _used(self) -> int:
        return self.others + sum(self.holds)

    def _give_up(self, least: Sequence[int], most: int) -> None:
        over = self._used() - most
        for place in reversed(range(len(self.holds))):
            less = min(max(0, over), max(0, self.holds[place] - least[place]))
            self.holds[place] -= less
            over -= less
