"""Domain: unit prices by the day of achievement, with indices applied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from operator import attrgetter

from services.core.money import round_minor, to_minor
from services.core.terms.payment import AmountRounding, Index
from services.core.terms.prices import PriceList


@dataclass(frozen=True, slots=True)
class ValidPrice:
    """A unit price in minor units for what was achieved in `[start, end)`. `contracted_minor` is the price in the
    terms, `factor` what an index multiplies it by: 1 without an index."""

    minor: int
    start: date
    end: date
    contracted_minor: int
    factor: Fraction = Fraction(1)


def prices_of(contracted: PriceList, indices: Sequence[Index], rounding: AmountRounding) -> tuple[ValidPrice, ...]:
    """The prices of a list in minor units, the earliest first: each contracted price, cut where its index changes.

    10,000.00 contracted, by an index of base 100 that is 100 from 2026-01-01 and 103.5 from 2027-01-01, gives 10,000.00
    for 2026 and 10,350.00 from 2027 on. The indexed price is rounded by the terms, once, before it is multiplied by
    units. Terms are refused whose index has no value on some day of the outcome period.
    """
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
    """First day, end and factor of each time in which a price is multiplied by the same factor."""
    index = next((index for index in indices if index.code == contracted.index), None)
    if index is None:
        yield date.min, date.max, Fraction(1)
        return
    values = sorted(index.values, key=attrgetter("from_"))
    ends = [value.from_ for value in values[1:]] + [date.max]
    for value, end in zip(values, ends, strict=True):
        yield value.from_, end, Fraction(value.value) / Fraction(index.base)
