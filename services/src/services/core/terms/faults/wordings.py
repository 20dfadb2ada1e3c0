"""Core: a threshold in two wordings: the first count that they decide differently."""

from bisect import bisect_left
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from services.core.terms.figures import compare, rounded
from services.core.terms.measures import Basis, Comparator, Threshold

Decides: TypeAlias = Callable[[int], bool]
"""Whether a threshold holds for a count."""


def first_difference(threshold: Threshold, denominator: int) -> int | None:
    """The least count from 0 to `denominator` for which one wording holds and the other does not, if there is one. "At
    least 0.31" and "at least 50" of 162 differ first at 50: 50 / 162 is 0.3086.

    As the count grows, each wording changes its answer at most once, since rounding keeps the order of figures. So only
    0 and the two counts where an answer changes need a look.
    """
    wording = threshold.also_stated_as
    assert wording is not None
    first = _decides(threshold, threshold.measure.basis, threshold.comparator, threshold.value, denominator)
    second = _decides(threshold, wording.basis, wording.comparator, wording.value, denominator)
    turns = sorted({0, _turn(first, denominator), _turn(second, denominator)})
    return next((count for count in turns if count <= denominator and first(count) != second(count)), None)


def _decides(threshold: Threshold, basis: Basis, comparator: Comparator, value: str, denominator: int) -> Decides:
    limit, divisor = Fraction(value), denominator if basis == "share" else 1
    rounding = threshold.measure.rounding
    return lambda count: compare(rounded(Fraction(count, divisor), rounding), comparator, limit)


def _turn(decides: Decides, denominator: int) -> int:
    """The first count that is decided otherwise than 0; more than `denominator` if none is."""
    at_zero = decides(0)
    return bisect_left(range(denominator + 1), True, key=lambda count: decides(count) != at_zero)
