"""Core: how an exact figure is rounded and held against a value: the same when terms are drafted and when they pay."""

from fractions import Fraction

from services.core.rounding import to_whole
from services.core.terms.measures import Comparator, Rounding


def rounded(figure: Fraction, rounding: Rounding | None) -> Fraction:
    """The figure to so many decimals: 50/162 half-up to two places is 0.31. Without a rounding it stays exact."""
    if rounding is None or rounding.mode == "none":
        return figure
    scale = 10**rounding.places
    return Fraction(to_whole(figure * scale, rounding.mode), scale)


def compare(left: Fraction, comparator: Comparator, right: Fraction) -> bool:
    """Whether left is at least (`ge`), more than, at most, less than right."""
    if comparator == "ge":
        return left >= right
    if comparator == "gt":
        return left > right
    return left <= right if comparator == "le" else left < right
