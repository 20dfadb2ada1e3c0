"""Domain: what each payer would pay of an amount if none had a maximum."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.core.money import largest_remainder
from services.core.terms.splits import MaximaInOrder, Split
from services.core.terms.splits import Shares as WeightedShares
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.figures import Shares
from settlement_service.domain.limits.caps import Due
from settlement_service.domain.mechanisms.items import Item


@dataclass(frozen=True, slots=True)
class Shared:
    """An item with what is due of it, and what each payer pays."""

    due: Due
    shares: Shares


def wanted_shares(terms: Terms, item: Item, minor: int) -> dict[str, int]:
    """What each payer would pay, in minor units: of 100.00 by the weights 1, 1 and 1 it is 33.34, 33.33 and 33.33.
    Where payers have maxima in order the first pays all, and without a split the only payer does."""
    split, payers = terms.rules[item.key.rule].split, terms.payers()
    if isinstance(split, WeightedShares):
        weights = {each.payer: each.weight for each in split.weights}
        named = [payer for payer in payers if payer in weights]
        return dict(zip(named, largest_remainder(minor, [weights[payer] for payer in named]), strict=True))
    first = split.maxima[0].payer if isinstance(split, MaximaInOrder) else payers[0]
    return {first: minor}


def payable_minor(due: Due) -> int:
    """What payers pay of what is due, in minor units: of 900.00 under the caps of which 90.00 is held back, 810.00."""
    return due.figures.under_caps_minor - due.figures.taken("retention")


def split_of(history: History, item: Item) -> Split | None:
    """How the payers of an item share it, by the version of the terms that governs it."""
    return history.version(item.version).rules[item.key.rule].split


def in_party_order(shares: Mapping[str, int]) -> Shares:
    """What each payer pays, in the order of `shares`; payers of nothing are left out."""
    return tuple((payer, minor) for payer, minor in shares.items() if minor)
