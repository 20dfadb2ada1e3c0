"""Domain: the figure that a rule pays by over the contract, and where what it pays changes."""

from dataclasses import dataclass
from fractions import Fraction

from services.core.terms.measures import Measure


@dataclass(frozen=True, slots=True)
class Scale:
    """A measure, and the values at which another amount begins: limits of bands, points between which it is drawn."""

    measure: Measure
    values: frozenset[Fraction]
