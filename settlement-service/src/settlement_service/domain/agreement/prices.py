"""Domain: unit prices by the day, contracted increases and indices applied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from services.core.money import round_minor, to_minor
from services.core.terms.payment import AmountRounding, Index
from services.core.terms.prices import PriceList


@dataclass(frozen=True, slots=True)
class ValidPrice:
    """A unit price in minor units for what was achieved in `[start, end)`. Where an index has raised it, `contracted`
    is the price in the terms, and `factor` what it was multiplied by."""

    minor: int
    start: date
    end: date
    contracted_minor: int
    factor: Fraction = Fraction(1)


def prices_of(contracted: PriceList, indices: Sequence[Index], rounding: AmountRounding) -> tuple[ValidPrice, ...]:
    """The prices of a list in minor units, the earliest first: each contracted price, cut where its index changes."""
    factors = list(_factors(contracted, indices))
    prices = []
    for price in contracted.prices:
        agreed = to_minor(price.price)
        for start, end, factor in factors:
            first, last = max(start, price.valid_from or date.min), min(end, price.valid_to or date.max)
            if first < last:
                minor = round_minor(agreed * factor, rounding)
                prices.append(ValidPrice(minor, first, last, agreed, factor))
    return tuple(sorted(prices, key=lambda price: price.start))


def _factors(contracted: PriceList, indices: Sequence[Index]) -> Iterator[tuple[date, date, Fraction]]:
    """Days and what a price is multiplied by on them."""
    index = next((one for one in indices if one.code == contracted.index), None)
    if index is None:
        yield date.min, date.max, Fraction(1)
        return
    values = sorted(index.values, key=lambda one: one.from_)
    ends = [one.from_ for one in values[1:]] + [date.max]
    for one, end in zip(values, ends, strict=True):
        yield one.from_, end, Fraction(one.value) / Fraction(index.base)
