"""Tests: which amounts below zero stay as they were posted, found a second time: what is posted later needs them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from .capping import group_of, max_retainable, room_of
from .items import Due, Figures, ItemKey
from .splitting import Shares, shares_below_zero
from .terms import CAPS, Definition, History

Place = tuple[int, object]
"""One group under one of the caps, by its number."""
Row = tuple[ItemKey, str, Figures, Shares]
"""An item, its day, what is posted of it, and who pays that."""


class Caps:
    """The caps of the terms in effect at the end under which nothing may stand that no version allowed. What is settled
    in a period is none of them: that says when."""

    def __init__(self, history: History, ends: str) -> None:
        self._history, self._ends = history, ends
        terms = history.at_end(ends)
        caps = [cap for kind in (*CAPS, "payer") for cap in terms.caps(kind)]
        self._waits = any(cap.get("periodBasis") == "settled" for cap in caps)
        achieved = [(cap, max_retainable(history, cap)) for cap in caps if cap.get("periodBasis") != "settled"]
        self._caps = [(cap, most) for cap, most in achieved if most is not None]

    def most(self, place: Place) -> int:
        """How much may stand in one group."""
        return self._caps[place[0]][1]

    def taken(self, rows: Iterable[Row]) -> Counter[Place]:
        """What items take up in each group."""
        used: Counter[Place] = Counter()
        for row in rows:
            for number, (cap, _) in enumerate(self._caps):
                group, minor = self._of(cap, *row)
                if group is not None:
                    used[number, group] += minor
        return used

    def _of(self, cap: Definition, key: ItemKey, day: str, figures: Figures, shares: Shares) -> tuple[object, int]:
        if cap["kind"] == "payer":
            return cap["payer"], shares.get(cap["payer"], 0)
        return group_of(self._history, cap, key, day), room_of(cap, figures, waits=self._waits)

    def rows(self, due: Iterable[Due]) -> dict[ItemKey, Row]:
        """What is due below zero, as it would be posted: whatever caps say."""
        return {
            item_due.item.key: (
                item_due.item.key,
                item_due.item.achieved_on,
                item_due.figures,
                shares_below_zero(self._history, self._ends, item_due),
            )
            for item_due in due
            if item_due.item.gross < 0
        }


def staying(history: History, ends: str, due: Iterable[Due], seen: Sequence[Row], later: Sequence[Row]) -> set[ItemKey]:
    """Items that are looked at (`seen`), are posted below zero and must stay: else what is posted for `later` alone,
    and all that is below zero, would come to more than may stand under a cap. The others go, the oldest first."""
    below = [row for row in seen if row[2][1] < 0]
    if not below or not later:
        return set()
    caps = Caps(history, ends)
    now = caps.rows(due)
    used, risen = caps.taken([*later, *below]), dict[ItemKey, Counter[Place]]()
    stood: dict[ItemKey, list[Row]] = {}
    for row in below:
        stood.setdefault(row[0], []).append(row)
    for key in stood.keys() | now.keys():
        change = caps.taken([now[key]] if key in now else [])
        change.subtract(caps.taken(stood.get(key, [])))
        if max(change.values(), default=0) > 0:
            risen[key] = change
        else:
            used.update(change)
    order = sorted(risen, key=lambda key: (min(row[1] for row in stood[key]), history.places[key[0]], key[2], key[1]))
    while gone := _let_go(caps, order, risen, used):
        order = [key for key in order if key not in gone]
    return set(order)


def _let_go(
    caps: Caps, order: Iterable[ItemKey], risen: Mapping[ItemKey, Counter[Place]], used: Counter[Place]
) -> set[ItemKey]:
    """Those that can go, one after the other, so that nothing comes to more than may stand."""
    gone = set()
    for key in order:
        after = {place: used[place] + minor for place, minor in risen[key].items() if minor > 0}
        if all(minor <= caps.most(place) for place, minor in after.items()):
            used.update(risen[key])
            gone.add(key)
    return gone
