"""Domain: amounts of money in a working: major units while they are computed, whole minor units where it ends."""

from fractions import Fraction

from services.core.money import Money, places_of, to_minor
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.mechanisms.working import Node, computed, term


def amount_term(terms: Terms, name: str, money: Money) -> Node:
    """An amount of the terms, in major units."""
    return term(name, Fraction(to_minor(money), scale_of(terms)), currency=terms.currency)


def scale_of(terms: Terms) -> int:
    """Minor units in a major one: 100 for DKK, 1 for ISK."""
    return int(10 ** (places_of(terms.currency) or 0))


def to_whole_minor(terms: Terms, exact: Node) -> Node:
    """The amount rounded to whole minor units by the rule of the terms: the one place that rounds an item."""
    return computed("rounded", exact, mode=terms.rounding, places=places_of(terms.currency) or 0)


def minor_of(terms: Terms, amount: Node) -> int:
    """Whole minor units of a rounded amount."""
    return int(amount.number * scale_of(terms))
