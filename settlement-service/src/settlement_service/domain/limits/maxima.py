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
    """The most that a payer pays, in minor units. `overflow` says where more than that goes: `next_payer`, or `lost` to
    nobody. What was posted may stand up to `max_retainable`; None stands for all of it."""

    minor: int
    overflow: str
    max_retainable: int | None

    def over(self, minor: int) -> int:
        """How much of what was posted may not stand, in minor units."""
        return 0 if self.max_retainable is None else max(0, minor - self.max_retainable)


@dataclass(frozen=True, slots=True)
class _PaymentOrder:
    """The order in which payers pay for an item, and their caps."""

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
    """The order in which payers pay for an item, with the most that each pays: its maximum of the item's split, or its
    cap by the contract where that is less."""
    split = split_of(history, item)
    if not isinstance(split, MaximaInOrder):
        return _PaymentOrder(tuple(payers), caps)
    amended = len(history.versions) > 1
    own = {}
    for maximum in split.maxima:
        minor = to_minor(maximum.amount)
        # By other terms there may have been no such maximum: then all that was posted may stand.
        own[maximum.payer] = PayerCap(minor, "next_payer", None if amended else minor)
        if maximum.payer in caps and caps[maximum.payer].minor < minor:
            own[maximum.payer] = caps[maximum.payer]
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
    """What payers paid and is still due stays theirs. The rest goes to each payer in order, up to its maximum: of
    100.00, where A pays at most 60.00 and B all else, A pays 60.00 and B 40.00. What is over the maxima of all is taken
    off the item as what no payer is left to pay."""
    payers = history.governing(last_day).payers()
    orders = [_order_of(history, amount.item, payers, caps) for amount in due]
    kept = [
        _kept(payable_minor(amount), want, _paid_in_order(order, want, before.get(amount.item.key, ())))
        for amount, order, want in zip(due, orders, wanted, strict=True)
    ]
    elsewhere = {payer: minor for (kind, payer), minor in taken.items() if kind == "payer"}
    used: Counter[str] = Counter(elsewhere)
    for shares in kept:
        used.update(shares)
    _cut_newest(orders, caps, kept, used, _paid_by_maximum(orders, kept, elsewhere))
    shared = []
    for amount, order, want, shares in zip(due, orders, wanted, kept, strict=True):
        lost = _fill(order, want, shares, used, payable_minor(amount) - sum(shares.values()))
        shared.append(Shared(Due(amount.item, amount.figures.with_taken("payer", lost)), in_party_order(shares)))
    return shared


def _paid_in_order(order: _PaymentOrder, wanted: Mapping[str, int], before: Shares) -> dict[str, int]:
    """What payers paid so far, in the order of payment, then by the ids of those who are not in it. Where no payer of
    an item has a maximum, none pays for another: of what each paid, no more counts than it is to pay."""
    paid = dict(before)
    if not any(payer in order.caps for payer in wanted):
        return {payer: min(minor, paid.get(payer, 0)) for payer, minor in wanted.items()}
    return {payer: paid[payer] for payer in dict.fromkeys([*order.payers, *sorted(paid)]) if payer in paid}


def _paid_by_maximum(
    orders: Sequence[_PaymentOrder], kept: Sequence[Mapping[str, int]], elsewhere: Mapping[str, int]
) -> Counter[tuple[str, PayerCap]]:
    """What each payer paid under each maximum of it, over the items that have this maximum. Other items go by other
    terms: of what it paid for them (and `elsewhere`, for items not looked at) only what is below zero counts, as that
    gave room."""
    maxima = {(payer, cap) for order in orders for payer, cap in order.caps.items()}
    paid = Counter({(payer, cap): min(0, elsewhere.get(payer, 0)) for payer, cap in maxima})
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
    """Where a payer paid more than its cap, or than its maximum, it is given back as much of the newest items. So it is
    when an amount below zero gave room and is gone: 110.00 and -10.00 under 100.00, and then 110.00 alone."""
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
    """What each payer keeps of an item, in minor units: what it paid already of its own part, then what it paid for
    other payers, as far as it is still due. Of parts of 60.00 and 40.00, where the first paid 80.00 so far, it keeps
    80.00; when only 70.00 is due (42.00 and 28.00), 70.00."""
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
    """Gives the `left` of one item to payers in order, in minor units; returns what nobody pays. Of parts of 60.00 and
    40.00, where the first has 50.00 left under its cap, it pays 50.00. The other 10.00 is carried to the next payer,
    which pays 50.00, or is lost, as the cap says."""
    unpaid, carried = _unpaid(order, wanted, shares), 0
    for payer in order.payers:
        own = max(0, min(left - carried, unpaid[payer]))
        part, cap = own + carried, order.caps.get(payer)
        paid = part if cap is None else min(part, max(0, cap.minor - used[payer]))
        shares[payer] = shares.get(payer, 0) + paid
        used[payer] += paid
        left -= paid
        carried = part - paid if cap is not None and cap.overflow == "next_payer" else 0
    return left


def _unpaid(order: _PaymentOrder, wanted: Mapping[str, int], shares: Mapping[str, int]) -> dict[str, int]:
    """What nobody pays of each payer's part, in minor units. Another payer may have paid it: first of all the next one
    in order, for those before it whose overflow goes on to it; then any."""
    unpaid = {payer: max(0, wanted.get(payer, 0) - shares.get(payer, 0)) for payer in order.payers}
    excess = {payer: max(0, minor - wanted.get(payer, 0)) for payer, minor in shares.items()}
    for place, payer in enumerate(order.payers):
        for earlier in reversed(order.payers[:place]):
            cap = order.caps.get(earlier)
            if cap is None or cap.overflow != "next_payer":
                break
            _settle_between(payer, earlier, excess, unpaid)
    for payer in excess:
        for debtor in order.payers:
            _settle_between(payer, debtor, excess, unpaid)
    return unpaid


def _settle_between(payer: str, debtor: str, excess: dict[str, int], unpaid: dict[str, int]) -> None:
    """What a payer paid in excess of its part stands for what the debtor does not pay of its own: with 20.00 in excess
    and 30.00 unpaid, 0.00 and 10.00 are left."""
    paid = min(excess.get(payer, 0), unpaid[debtor])
    if paid:
        excess[payer] -= paid
        unpaid[debtor] -= paid
