"""Core: rounding: the one place where an exact number becomes a whole one."""

from fractions import Fraction


def to_whole(exact: Fraction, mode: str = "half_up") -> int:
    """The whole number that `exact` is rounded to (domain.md, section 3.7). `floor` goes down and `ceil` up: -0.5
    becomes -1 and 0. `half_up` goes to the nearest one, at the half away from zero: 2.5 becomes 3, -2.5 becomes -3."""
    if mode == "floor":
        return exact.__floor__()
    if mode == "ceil":
        return exact.__ceil__()
    distance = (abs(exact) + Fraction(1, 2)).__floor__()
    return distance if exact >= 0 else -distance
