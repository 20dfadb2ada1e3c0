"""Domain: the figure that a rule pays by over the contract, and where what it pays changes."""

from dataclasses import dataclass
from fractions import Fraction

from services.core.terms.measures import Measure


@dataclass(frozen=True, slots=True)
class Scale:
    """A measure, and its values at which what it pays changes: edges of bands, points that are interpolated between."""

    measure: Measure
    values: frozenset[Fraction]
