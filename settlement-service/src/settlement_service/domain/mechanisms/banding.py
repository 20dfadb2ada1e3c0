"""Domain: what is paid by where a measured value falls."""

from fractions import Fraction

from services.core.money import Money, to_minor
from services.core.terms.mechanisms.bands import Band, Bands
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.mechanisms.amounts import amount_term, scale_of, to_whole_minor
from settlement_service.domain.mechanisms.working import Node, computed, not_measured, term


def banded(terms: Terms, rule: Bands, figure: Node) -> Node:
    """The amount for a figure, rounded to minor units; not measured while the figure is not, or no band holds it."""
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
    for band in rule.bands:
        assert band.amount is not None
        found = computed("within", figure, amount_term(terms, "amount of the band", band.amount), **_ends(band))
        if found.value is not None:
            return found
    return not_measured([figure], what="no band")


def _marginal(terms: Terms, rule: Bands, figure: Node) -> Node:
    parts = []
    for band in rule.bands:
        assert band.rate is not None
        part = computed("part_of_band", figure, origin=rule.origin, **_ends(band))
        if part.value:
            parts.append(computed("product", part, amount_term(terms, "rate of the band", band.rate)))
    outside = computed("product", figure, term("outside every band", 0))
    return computed("sum", *parts) if parts else outside


def _interpolated(terms: Terms, rule: Bands, figure: Node) -> Node:
    scale = scale_of(terms)
    points = [{"value": one.value, "amount": str(Fraction(to_minor(one.amount), scale))} for one in rule.points]
    return computed("interpolated", figure, points=points, currency=terms.currency)


def _between(terms: Terms, rule: Bands, exact: Node) -> Node:
    """Not below the floor nor above the ceiling; and not below zero, unless it goes both ways."""
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
