"""Domain: who pays an amount: splits, and caps on what one payer pays."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.core.money import largest_remainder, to_minor
from services.core.terms.splits import MaximaInOrder, Split
from services.core.terms.splits import Shares as WeightedShares
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.figures import ItemKey, Shares
from settlement_service.domain.limits.caps import Due, Taken, max_retainable
from settlement_service.domain.mechanisms.items import Item


@dataclass(frozen=True, slots=True)
class Shared:
    """An item with what is due of it, and what each payer pays."""

    due: Due
    shares: Shares


@dataclass(frozen=True, slots=True)
class _PayerCap:
    """The most that a payer pays; what is over goes to the next one, or to nobody. What was posted may stand up to
    `max_retainable`; None stands for all of it."""

    minor: int
    overflow: str
    max_retainable: int | None

    def over(self, minor: int) -> int:
        """How much of what was posted may not stand."""
        return 0 if self.max_retainable is None else max(0, minor - self.max_retainable)


@dataclass(frozen=True, slots=True)
class _Way:
    """The order in which payers are asked, and their caps."""

    order: tuple[str, ...]
    caps: Mapping[str, _PayerCap]


def split_among_payers(
    history: History, last_day: date, due: Sequence[Due], before: Mapping[ItemKey, Shares], taken: Taken
) -> list[Shared]:
    """Who pays how much of each item (in the order in which caps look at them). The payer caps in effect on the last
    day hold; `before` is what each payer paid of an item so far, which it keeps where it is still due."""
    terms = history.governing(last_day)
    caps = _payer_caps(history, last_day)
    wanted = [wanted_shares(history.version(one.item.version), one.item, _payable(one)) for one in due]
    if not caps and not any(isinstance(_split_of(history, one.item), MaximaInOrder) for one in due):
        return [Shared(one, _said(shares)) for one, shares in zip(due, wanted, strict=True)]
    ways = [_way_of(history, one.item, terms.payers(), caps) for one in due]
    return _filled(ways, caps, due, wanted, before, taken)


def _payable(due: Due) -> int:
    return due.figures.under_caps_minor - due.figures.taken("retention")


def _split_of(history: History, item: Item) -> Split | None:
    return history.version(item.version).rules[item.key.rule].split


def wanted_shares(terms: Terms, item: Item, minor: int) -> dict[str, int]:
    """What each payer would pay if none had a maximum."""
    split, payers = terms.rules[item.key.rule].split, terms.payers()
    if isinstance(split, WeightedShares):
        weights = {one.payer: one.weight for one in split.weights}
        named = [payer for payer in payers if payer in weights]
        return dict(zip(named, largest_remainder(minor, [weights[payer] for payer in named]), strict=True))
    first = split.maxima[0].payer if isinstance(split, MaximaInOrder) else payers[0]
    return {first: minor}


def _payer_caps(history: History, last_day: date) -> dict[str, _PayerCap]:
    return {
        limit.definition.payer: _PayerCap(
            limit.minor, limit.definition.overflow or "lost", max_retainable(history, limit)
        )
        for limit in history.governing(last_day).limits
        if limit.definition.kind == "payer" and limit.definition.payer is not None
    }


def _way_of(history: History, item: Item, payers: Sequence[str], caps: Mapping[str, _PayerCap]) -> _Way:
    """The order in which payers are asked for an item, with the most that each pays."""
    split = _split_of(history, item)
    if not isinstance(split, MaximaInOrder):
        return _Way(tuple(payers), caps)
    amended = len(history.versions) > 1
    own = {}
    for one in split.maxima:
        minor = to_minor(one.amount)
        own[one.payer] = _PayerCap(minor, "next_payer", None if amended else minor)
        if one.payer in caps and caps[one.payer].minor < minor:
            own[one.payer] = caps[one.payer]
    return _Way(tuple(own), own)


def _filled(
    ways: Sequence[_Way],
    caps: Mapping[str, _PayerCap],
    due: Sequence[Due],
    wanted: Sequence[Mapping[str, int]],
    before: Mapping[ItemKey, Shares],
    taken: Taken,
) -> list[Shared]:
    """What payers paid and is still due stays theirs; the rest goes to each in turn, up to its maximum."""
    kept = [
        _kept(_payable(one), want, _in_turn(way, want, before.get(one.item.key, ())))
        for one, way, want in zip(due, ways, wanted, strict=True)
    ]
    others = {payer: minor for (kind, payer), minor in taken.items() if kind == "payer"}
    used: Counter[str] = Counter(others)
    for shares in kept:
        used.update(shares)
    _cut_newest(ways, caps, kept, used, _paid_by_maximum(ways, kept, others))
    found = []
    for one, way, want, shares in zip(due, ways, wanted, kept, strict=True):
        lost = _fill(way, want, shares, used, _payable(one) - sum(shares.values()))
        found.append(Shared(Due(one.item, one.figures.with_taken("payer", lost)), _said(shares)))
    return found


def _in_turn(way: _Way, wanted: Mapping[str, int], before: Shares) -> dict[str, int]:
    """What payers paid, in the order in which they are asked, then others by their ids. Where none who is to pay has a
    maximum nobody pays for another: what was paid counts only for who is to pay it, and no further."""
    paid = dict(before)
    if not any(payer in way.caps for payer in wanted):
        return {payer: min(minor, paid.get(payer, 0)) for payer, minor in wanted.items()}
    return {payer: paid[payer] for payer in dict.fromkeys([*way.order, *sorted(paid)]) if payer in paid}


def _paid_by_maximum(
    ways: Sequence[_Way], kept: Sequence[Mapping[str, int]], others: Mapping[str, int]
) -> Counter[tuple[str, _PayerCap]]:
    """What each payer paid of the items that have one maximum of it. What it pays of others goes by other terms, and
    only what is below zero counts: it gave room."""
    maxima = {(payer, cap) for way in ways for payer, cap in way.caps.items()}
    paid = Counter({(payer, cap): min(0, others.get(payer, 0)) for payer, cap in maxima})
    for way, shares in zip(ways, kept, strict=True):
        for payer, cap in maxima:
            minor = shares.get(payer, 0)
            paid[payer, cap] += minor if way.caps.get(payer) == cap else min(0, minor)
    return paid


def _cut_newest(
    ways: Sequence[_Way],
    caps: Mapping[str, _PayerCap],
    kept: Sequence[dict[str, int]],
    used: Counter[str],
    paid: Counter[tuple[str, _PayerCap]],
) -> None:
    """Where a payer has paid more than its cap, or than the maximum of these items, as an amount below zero that gave
    room is gone, it is given back as much of the newest items."""
    for way, shares in zip(reversed(ways), reversed(kept), strict=True):
        for payer, minor in shares.items():
            own, cap = way.caps.get(payer), caps.get(payer)
            over = max(cap.over(used[payer]) if cap else 0, own.over(paid[payer, own]) if own and own != cap else 0)
            less = min(max(0, minor), over)
            shares[payer] -= less
            used[payer] -= less
            if own is not None:
                paid[payer, own] -= less


def _kept(minor: int, wanted: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """What each payer paid already of what it would pay; then what it paid for others, as far as it is still due."""
    if minor < 0:
        return dict(wanted)
    kept = {payer: min(want, max(0, before.get(payer, 0))) for payer, want in wanted.items()}
    left = minor - sum(kept.values())
    for payer, paid in before.items():
        more = max(0, min(paid - kept.get(payer, 0), left))
        kept[payer] = kept.get(payer, 0) + more
        left -= more
    return kept


def _fill(way: _Way, wanted: Mapping[str, int], shares: dict[str, int], used: Counter[str], left: int) -> int:
    """Gives out what is left of one item; returns what nobody pays."""
    unpaid, carried = _unpaid(way, wanted, shares), 0
    for payer in way.order:
        own = max(0, min(left - carried, unpaid[payer]))
        asked, cap = own + carried, way.caps.get(payer)
        gets = asked if cap is None else min(asked, max(0, cap.minor - used[payer]))
        shares[payer] = shares.get(payer, 0) + gets
        used[payer] += gets
        left -= gets
        carried = asked - gets if cap is not None and cap.overflow == "next_payer" else 0
    return left


def _unpaid(way: _Way, wanted: Mapping[str, int], shares: Mapping[str, int]) -> dict[str, int]:
    """What nobody pays of each payer's part: another may have paid it, first of all the next one for those whose rest
    goes on to it."""
    unpaid = {payer: max(0, wanted.get(payer, 0) - shares.get(payer, 0)) for payer in way.order}
    more = {payer: max(0, minor - wanted.get(payer, 0)) for payer, minor in shares.items()}
    for place, payer in enumerate(way.order):
        for other in reversed(way.order[:place]):
            cap = way.caps.get(other)
            if cap is None or cap.overflow != "next_payer":
                break
            _settle_between(payer, other, more, unpaid)
    for payer in more:
        for other in way.order:
            _settle_between(payer, other, more, unpaid)
    return unpaid


def _settle_between(payer: str, other: str, more: dict[str, int], unpaid: dict[str, int]) -> None:
    """What a payer pays more than its part stands for what another one does not pay."""
    paid = min(more.get(payer, 0), unpaid[other])
    if paid:
        more[payer] -= paid
        unpaid[other] -= paid


def _said(shares: Mapping[str, int]) -> Shares:
    return tuple((payer, minor) for payer, minor in shares.items() if minor)
