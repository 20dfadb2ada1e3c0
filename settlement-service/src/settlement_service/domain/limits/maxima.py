"""Domain: who pays where payers have maxima or caps: each in turn, up to what it may pay."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.core.money import to_minor
from services.core.terms.splits import MaximaInOrder
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import ItemKey, Shares
from settlement_service.domain.limits.caps import Due, Taken, max_retainable
from settlement_service.domain.limits.shares import Shared, in_party_order, payable_minor, split_of
from settlement_service.domain.mechanisms.items import Item


@dataclass(frozen=True, slots=True)
class PayerCap:
    """The most that a payer pays; what is over goes to the next one, or to nobody. What was posted may stand up to
    `max_retainable`; None stands for all of it."""

    minor: int
    overflow: str
    max_retainable: int | None

    def over(self, minor: int) -> int:
        """How much of what was posted may not stand."""
        return 0 if self.max_retainable is None else max(0, minor - self.max_retainable)


@dataclass(frozen=True, slots=True)
class _PaymentOrder:
    """The order in which payers are asked, and their caps."""

    payers: tuple[str, ...]
    caps: Mapping[str, PayerCap]


def payer_caps(history: History, last_day: date) -> dict[str, PayerCap]:
    """The caps on payers that are in effect on a day, by payer."""
    return {
        limit.definition.payer: PayerCap(
            limit.minor, limit.definition.overflow or "lost", max_retainable(history, limit)
        )
        for limit in history.governing(last_day).limits
        if limit.definition.kind == "payer" and limit.definition.payer is not None
    }


def _order_of(history: History, item: Item, payers: Sequence[str], caps: Mapping[str, PayerCap]) -> _PaymentOrder:
    """The order in which payers are asked for an item, with the most that each pays."""
    split = split_of(history, item)
    if not isinstance(split, MaximaInOrder):
        return _PaymentOrder(tuple(payers), caps)
    amended = len(history.versions) > 1
    own = {}
    for one in split.maxima:
        minor = to_minor(one.amount)
        own[one.payer] = PayerCap(minor, "next_payer", None if amended else minor)
        if one.payer in caps and caps[one.payer].minor < minor:
            own[one.payer] = caps[one.payer]
    return _PaymentOrder(tuple(own), own)


def allocate(
    history: History,
    last_day: date,
    caps: Mapping[str, PayerCap],
    due: Sequence[Due],
    wanted: Sequence[Mapping[str, int]],
    before: Mapping[ItemKey, Shares],
    taken: Taken,
) -> list[Shared]:
    """What payers paid and is still due stays theirs; the rest goes to each in turn, up to its maximum."""
    payers = history.governing(last_day).payers()
    orders = [_order_of(history, each.item, payers, caps) for each in due]
    kept = [
        _kept(payable_minor(one), want, _paid_in_order(order, want, before.get(one.item.key, ())))
        for one, order, want in zip(due, orders, wanted, strict=True)
    ]
    others = {payer: minor for (kind, payer), minor in taken.items() if kind == "payer"}
    used: Counter[str] = Counter(others)
    for shares in kept:
        used.update(shares)
    _cut_newest(orders, caps, kept, used, _paid_by_maximum(orders, kept, others))
    found = []
    for one, order, want, shares in zip(due, orders, wanted, kept, strict=True):
        lost = _fill(order, want, shares, used, payable_minor(one) - sum(shares.values()))
        found.append(Shared(Due(one.item, one.figures.with_taken("payer", lost)), in_party_order(shares)))
    return found


def _paid_in_order(order: _PaymentOrder, wanted: Mapping[str, int], before: Shares) -> dict[str, int]:
    """What payers paid, in the order in which they are asked, then others by their ids. Where none who is to pay has a
    maximum nobody pays for another: what was paid counts only for who is to pay it, and no further."""
    paid = dict(before)
    if not any(payer in order.caps for payer in wanted):
        return {payer: min(minor, paid.get(payer, 0)) for payer, minor in wanted.items()}
    return {payer: paid[payer] for payer in dict.fromkeys([*order.payers, *sorted(paid)]) if payer in paid}


def _paid_by_maximum(
    orders: Sequence[_PaymentOrder], kept: Sequence[Mapping[str, int]], others: Mapping[str, int]
) -> Counter[tuple[str, PayerCap]]:
    """What each payer paid of the items that have one maximum of it. What it pays of others goes by other terms, and
    only what is below zero counts: it gave room."""
    maxima = {(payer, cap) for order in orders for payer, cap in order.caps.items()}
    paid = Counter({(payer, cap): min(0, others.get(payer, 0)) for payer, cap in maxima})
    for order, shares in zip(orders, kept, strict=True):
        for payer, cap in maxima:
            minor = shares.get(payer, 0)
            paid[payer, cap] += minor if order.caps.get(payer) == cap else min(0, minor)
    return paid


def _cut_newest(
    orders: Sequence[_PaymentOrder],
    caps: Mapping[str, PayerCap],
    kept: Sequence[dict[str, int]],
    used: Counter[str],
    paid: Counter[tuple[str, PayerCap]],
) -> None:
    """Where a payer has paid more than its cap, or than the maximum of these items, as an amount below zero that gave
    room is gone, it is given back as much of the newest items."""
    for order, shares in zip(reversed(orders), reversed(kept), strict=True):
        for payer, minor in shares.items():
            own, cap = order.caps.get(payer), caps.get(payer)
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


def _fill(
    order: _PaymentOrder, wanted: Mapping[str, int], shares: dict[str, int], used: Counter[str], left: int
) -> int:
    """Gives out what is left of one item; returns what nobody pays."""
    unpaid, carried = _unpaid(order, wanted, shares), 0
    for payer in order.payers:
        own = max(0, min(left - carried, unpaid[payer]))
        asked, cap = own + carried, order.caps.get(payer)
        gets = asked if cap is None else min(asked, max(0, cap.minor - used[payer]))
        shares[payer] = shares.get(payer, 0) + gets
        used[payer] += gets
        left -= gets
        carried = asked - gets if cap is not None and cap.overflow == "next_payer" else 0
    return left


def _unpaid(order: _PaymentOrder, wanted: Mapping[str, int], shares: Mapping[str, int]) -> dict[str, int]:
    """What nobody pays of each payer's part: another may have paid it, first of all the next one for those whose rest
    goes on to it."""
    unpaid = {payer: max(0, wanted.get(payer, 0) - shares.get(payer, 0)) for payer in order.payers}
    more = {payer: max(0, minor - wanted.get(payer, 0)) for payer, minor in shares.items()}
    for place, payer in enumerate(order.payers):
        for other in reversed(order.payers[:place]):
            cap = order.caps.get(other)
            if cap is None or cap.overflow != "next_payer":
                break
            _settle_between(payer, other, more, unpaid)
    for payer in more:
        for other in order.payers:
            _settle_between(payer, other, more, unpaid)
    return unpaid


def _settle_between(payer: str, other: str, more: dict[str, int], unpaid: dict[str, int]) -> None:
    """What a payer pays more than its part stands for what another one does not pay."""
    paid = min(more.get(payer, 0), unpaid[other])
    if paid:
        more[payer] -= paid
        unpaid[other] -= paid
