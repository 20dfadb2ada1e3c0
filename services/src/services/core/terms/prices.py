"""Core: prices of a unit by the day."""

from dataclasses import dataclass
from datetime import date

from services.core.money import Money
from services.core.values import value


@value
class Price:
    """A unit price for what was achieved in `[valid_from, valid_to)`; an absent end is open."""

    price: Money
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices as they stand in the terms, and the code of the index that they are multiplied by, where there is one."""

    prices: tuple[Price, ...]
    index: str | None = None
