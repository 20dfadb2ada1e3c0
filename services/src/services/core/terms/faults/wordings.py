"""Core: a threshold in two wordings: the first count that they decide differently."""

from bisect import bisect_left
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from services.core.terms.figures import compare, rounded
from services.core.terms.measures import Basis, Comparator, Threshold

Decides: TypeAlias = Callable[[int], bool]


def first_difference(threshold: Threshold, whole: int) -> int | None:
    """The least count from 0 to `whole` for which one wording holds and the other does not; None if there is none.

    As the count grows, each wording changes its mind at most once, since rounding keeps the order of figures. So only
    0 and the two counts where one changes need a look."""
    other = threshold.also_stated_as
    assert other is not None
    first = _decides(threshold, threshold.measure.basis, threshold.comparator, threshold.value, whole)
    second = _decides(threshold, other.basis, other.comparator, other.value, whole)
    turns = sorted({0, _turn(first, whole), _turn(second, whole)})
    return next((count for count in turns if count <= whole and first(count) != second(count)), None)


def _decides(threshold: Threshold, basis: Basis, comparator: Comparator, value: str, whole: int) -> Decides:
    limit, of = Fraction(value), whole if basis == "share" else 1
    rounding = threshold.measure.rounding
    return lambda count: compare(rounded(Fraction(count, of), rounding), comparator, limit)


def _turn(decides: Decides, whole: int) -> int:
    """The first count that is decided otherwise than 0; more than `whole` if none is."""
    at_zero = decides(0)
    return bisect_left(range(whole + 1), True, key=lambda count: decides(count) != at_zero)
