"""Tests: exact numbers: how the checker rounds, shares out and takes roots."""

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

TRILLION = 10**12


def rounded(number: Fraction, mode: str, places: int = 0) -> Fraction:
    """To so many decimals; half-up goes away from zero."""
    if mode == "none":
        return number
    scaled = number * 10**places
    down = scaled.numerator // scaled.denominator
    if mode == "floor" or scaled == down:
        return Fraction(down, 10**places)
    if mode == "ceil":
        return Fraction(down + 1, 10**places)
    up = scaled - down > Fraction(1, 2) or (scaled - down == Fraction(1, 2) and scaled > 0)
    return Fraction(down + up, 10**places)


def whole(number: Fraction, mode: str) -> int:
    """The whole number that it is rounded to."""
    return int(rounded(number, mode))


def root(number: Fraction) -> Fraction:
    """The square root to twelve decimals, rounded down."""
    return Fraction(isqrt(number * TRILLION * TRILLION // 1), TRILLION)


def by_weight(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount in parts: what is left over goes one by one to the largest remainders, the first first."""
    size, all_ = abs(amount), sum(weights)
    parts = [size * weight // all_ for weight in weights]
    left = [size * weight % all_ for weight in weights]
    for _ in range(size - sum(parts)):
        largest = left.index(max(left))
        parts[largest], left[largest] = parts[largest] + 1, -1
    return parts if amount >= 0 else [-part for part in parts]
