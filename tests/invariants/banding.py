"""Tests: what a measured figure is worth in bands, computed a second time by the checker."""

from fractions import Fraction
from itertools import pairwise

from .exact import whole
from .terms import Definition, Terms


def banded(terms: Terms, rule: Definition, value: Fraction) -> int | None:
    """Whole minor units for a value; None when no band holds it."""
    worth = _METHODS[rule["method"]](rule, value)
    if worth is None:
        return None
    if rule.get("ceiling"):
        worth = min(worth, Fraction(rule["ceiling"]["amount"]))
    if rule.get("floor"):
        worth = max(worth, Fraction(rule["floor"]["amount"]))
    if not rule.get("twoSided"):
        worth = max(worth, Fraction(0))
    return whole(worth * 10**terms.places, terms.rounding)


def _flat(rule: Definition, value: Fraction) -> Fraction | None:
    for band in rule["bands"]:
        above = band.get("from") is None or Fraction(band["from"]) <= value
        if above and (band.get("to") is None or value < Fraction(band["to"])):
            return Fraction(band["amount"]["amount"])
    return None


def _marginal(rule: Definition, value: Fraction) -> Fraction:
    origin = Fraction(rule.get("origin", "0"))
    return sum((Fraction(band["rate"]["amount"]) * _part(band, origin, value) for band in rule["bands"]), Fraction(0))


def _part(band: Definition, origin: Fraction, value: Fraction) -> Fraction:
    """How much of the way from the origin to the value goes through the band: less than nothing on the way down."""
    low, high = min(origin, value), max(origin, value)
    start = low if band.get("from") is None else max(low, Fraction(band["from"]))
    end = high if band.get("to") is None else min(high, Fraction(band["to"]))
    return max(end - start, Fraction(0)) * (1 if value >= origin else -1)


def _interpolated(rule: Definition, value: Fraction) -> Fraction:
    points = [(Fraction(point["value"]), Fraction(point["amount"]["amount"])) for point in rule["points"]]
    for (left, low), (right, high) in pairwise(points):
        if left <= value <= right:
            return low + (high - low) / (right - left) * (value - left)
    return points[0][1] if value < points[0][0] else points[-1][1]


_METHODS = {"flat": _flat, "marginal": _marginal, "interpolated": _interpolated}
