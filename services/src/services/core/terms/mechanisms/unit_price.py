"""Core: the mechanism unit price: price x units."""

from datetime import date
from typing import Literal

from services.core.money import Money
from services.core.terms.measures import Condition
from services.core.terms.nature import Nature, Vat
from services.core.terms.splits import Split
from services.core.values import value


@value
class Price:
    """A unit price for what was achieved in `[valid_from, valid_to)`; an absent end is open."""

    price: Money
    valid_from: date | None = None
    valid_to: date | None = None


@value
class UnitPrice:
    """Pays price x units of each verified claim on a metric.

    `occurrences` says whether a subject's first occurrence counts or every one; `max_units_per_person` limits the
    units that count for one subject over the whole contract, `max_units` those of all together. `index` names a table
    of the payment part that prices are multiplied by. Only with `two_sided` may a price be below zero.
    """

    kind: Literal["unit_price"]
    code: str
    metric: str
    payee: str
    nature: Nature
    vat: Vat
    prices: tuple[Price, ...]
    occurrences: Literal["first", "every"] = "every"
    max_units_per_person: int | None = None
    max_units: int | None = None
    index: str | None = None
    two_sided: bool = False
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()
