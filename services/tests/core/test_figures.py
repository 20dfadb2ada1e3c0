from fractions import Fraction
from typing import Any

import pytest

from services.core.terms.figures import compare, rounded
from services.core.terms.measures import Comparator, Rounding


@pytest.mark.parametrize(
    ("figure", "mode", "places", "expected"),
    [
        ("50/162", "none", 0, "50/162"),
        ("50/162", "half_up", 2, "0.31"),
        ("50/162", "floor", 2, "0.30"),
        ("50/162", "ceil", 2, "0.31"),
        ("50/162", "half_up", 0, "0"),
        ("1/2", "half_up", 0, "1"),
        ("-1/2", "half_up", 0, "-1"),
        ("-1/2", "floor", 0, "-1"),
        ("-1/2", "ceil", 0, "0"),
        ("-0.085", "half_up", 2, "-0.09"),
        ("3", "half_up", 12, "3"),
    ],
)
def test_a_figure_is_rounded_as_agreed(figure: str, mode: Any, places: int, expected: str) -> None:
    assert rounded(Fraction(figure), Rounding(mode=mode, places=places)) == Fraction(expected)


def test_a_figure_without_rounding_stays_exact() -> None:
    assert rounded(Fraction(1, 3), None) == Fraction(1, 3)


@pytest.mark.parametrize(
    ("comparator", "less", "same", "more"),
    [("ge", False, True, True), ("gt", False, False, True), ("le", True, True, False), ("lt", True, False, False)],
)
def test_at_least_more_than_at_most_and_less_than(comparator: Comparator, less: bool, same: bool, more: bool) -> None:
    tenth = Fraction(1, 10)
    decided = [
        compare(figure, comparator, tenth) for figure in (Fraction(99, 1000), Fraction("0.10"), Fraction(101, 1000))
    ]
    assert decided == [less, same, more]
