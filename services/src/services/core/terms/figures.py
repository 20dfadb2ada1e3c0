"""Core: how an exact figure is rounded and held against a value: the same when terms are drafted and when they pay."""

from fractions import Fraction

from services.core.terms.measures import Comparator, Rounding


def rounded(figure: Fraction, rounding: Rounding | None) -> Fraction:
    """The figure to so many decimals; half-up is away from zero at the half."""
    if rounding is None or rounding.mode == "none":
        return figure
    scaled = figure * 10**rounding.places
    if rounding.mode == "floor":
        whole = scaled.__floor__()
    elif rounding.mode == "ceil":
        whole = scaled.__ceil__()
    else:
        whole = (abs(scaled) + Fraction(1, 2)).__floor__() * (1 if scaled >= 0 else -1)
    return Fraction(whole, 10**rounding.places)


def compare(left: Fraction, comparator: Comparator, right: Fraction) -> bool:
    """Whether left is at least (`ge`), more than, at most, less than right."""
    if comparator == "ge":
        return left >= right
    if comparator == "gt":
        return left > right
    return left <= right if comparator == "le" else left < right
