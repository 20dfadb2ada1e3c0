"""Domain: who pays how much of each item."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.core.terms.splits import MaximaInOrder
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import ItemKey, Shares
from settlement_service.domain.limits.caps import Due, Taken
from settlement_service.domain.limits.maxima import allocate, payer_caps
from settlement_service.domain.limits.shares import Shared, in_party_order, payable_minor, split_of, wanted_shares


def split_among_payers(
    history: History, last_day: date, due: Sequence[Due], before: Mapping[ItemKey, Shares], taken: Taken
) -> list[Shared]:
    """Who pays how much of each item, in the order in which caps look at them. The caps on payers that are in effect on
    the last day hold. `before` is what each payer paid of an item so far, which it keeps where it is still due. Where
    no payer has a cap or a maximum, each item is split by its weights alone: then no item depends on another."""
    caps = payer_caps(history, last_day)
    wanted = [wanted_shares(history.version(each.item.version), each.item, payable_minor(each)) for each in due]
    if caps or any(isinstance(split_of(history, each.item), MaximaInOrder) for each in due):
        return allocate(history, last_day, caps, due, wanted, before, taken)
    return [Shared(each, in_party_order(shares)) for each, shares in zip(due, wanted, strict=True)]
