from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.rounding import to_whole


@pytest.mark.parametrize(
    ("exact", "floor", "half_up", "ceil"),
    [
        ("5/2", 2, 3, 3),
        ("-5/2", -3, -3, -2),
        ("1/2", 0, 1, 1),
        ("-1/2", -1, -1, 0),
        ("49/100", 0, 0, 1),
        ("-49/100", -1, 0, 0),
        ("7", 7, 7, 7),
    ],
)
def test_a_half_goes_away_from_zero_the_floor_down_and_the_ceiling_up(
    exact: str, floor: int, half_up: int, ceil: int
) -> None:
    assert [to_whole(Fraction(exact), mode) for mode in ("floor", "half_up", "ceil")] == [floor, half_up, ceil]


@given(st.fractions())
def test_half_up_goes_to_the_nearest_and_treats_both_signs_alike(exact: Fraction) -> None:
    whole = to_whole(exact)
    assert abs(exact - whole) <= Fraction(1, 2)
    assert to_whole(-exact) == -whole
