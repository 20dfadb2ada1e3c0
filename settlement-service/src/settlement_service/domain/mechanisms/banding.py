"""Domain: what is paid by where a measured value falls."""

from fractions import Fraction

from services.core.money import Money, to_minor
from services.core.terms.mechanisms.bands import Band, Bands
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.mechanisms.amounts import amount_term, scale_of, to_whole_minor
from settlement_service.domain.mechanisms.working import Node, computed, not_measured, term


def banded(terms: Terms, rule: Bands, figure: Node) -> Node:
    """The amount for a figure, rounded to minor units. Not measured while the figure is not, or no band holds it."""
    if figure.value is None:
        return figure
    if rule.method == "flat":
        exact = _flat(terms, rule, figure)
    elif rule.method == "marginal":
        exact = _marginal(terms, rule, figure)
    else:
        exact = _interpolated(terms, rule, figure)
    if exact.value is None:
        return exact
    return to_whole_minor(terms, _between(terms, rule, exact))


def _flat(terms: Terms, rule: Bands, figure: Node) -> Node:
    """The amount of the band that holds the figure. With 100,000.00 from 0.30 up to, not including, 0.40 and 250,000.00
    from there on, 0.40 gives 250,000.00."""
    for band in rule.bands:
        assert band.amount is not None
        amount = computed("within", figure, amount_term(terms, "amount of the band", band.amount), **_ends(band))
        if amount.value is not None:
            return amount
    return not_measured([figure], what="no band")


def _marginal(terms: Terms, rule: Bands, figure: Node) -> Node:
    """Like a tax: each band's rate for the part of the way from the origin to the figure that lies in it.

    With 100.00 from 0 up to 10 and 50.00 from 10 on, 14 gives 10 x 100.00 + 4 x 50.00 = 1,200.00. With the origin 12 it
    gives 2 x 50.00 = 100.00, and 8 gives -2 x 50.00 - 2 x 100.00 = -300.00.
    """
    parts = []
    for band in rule.bands:
        assert band.rate is not None
        part = computed("part_of_band", figure, origin=rule.origin, **_ends(band))
        if part.value:
            parts.append(computed("product", part, amount_term(terms, "rate of the band", band.rate)))
    # A figure outside every band is worth 0, and not unmeasured: the node keeps the claims that it rests on.
    outside = computed("product", figure, term("outside every band", 0))
    return computed("sum", *parts) if parts else outside


def _interpolated(terms: Terms, rule: Bands, figure: Node) -> Node:
    """Linear between two points, level outside all of them. With 100,000.00 at 0.30 and 300,000.00 at 0.40, 0.35 gives
    200,000.00, 0.20 gives 100,000.00 and 0.50 gives 300,000.00."""
    scale = scale_of(terms)
    points = [{"value": point.value, "amount": str(Fraction(to_minor(point.amount), scale))} for point in rule.points]
    return computed("interpolated", figure, points=points, currency=terms.currency)


def _between(terms: Terms, rule: Bands, exact: Node) -> Node:
    """Not above the ceiling, not below the floor, and not below zero unless the rule is two-sided."""
    if rule.ceiling is not None:
        exact = _bounded(terms, "least", exact, "ceiling", rule.ceiling)
    if rule.floor is not None:
        exact = _bounded(terms, "greatest", exact, "floor", rule.floor)
    if not rule.two_sided and exact.number < 0:
        exact = computed("greatest", exact, term("nothing below zero", 0, currency=terms.currency))
    return exact


def _bounded(terms: Terms, op: str, exact: Node, name: str, money: Money) -> Node:
    bound = amount_term(terms, name, money)
    return computed(op, exact, bound)


def _ends(band: Band) -> dict[str, str | None]:
    return {"from": band.from_, "to": band.to}
