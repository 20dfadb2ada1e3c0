"""Core: the mechanism service fee: a fixed amount for each period of the calendar."""

from datetime import date
from typing import Literal

from services.core.money import Money
from services.core.terms.calendar import Every
from services.core.terms.measures import Condition
from services.core.terms.nature import Nature, Vat
from services.core.terms.splits import Split
from services.core.values import value


@value
class ServiceFee:
    """Pays a fixed amount for each whole period of the calendar in `[start, until)`. With `delivery`, only for periods
    in which a verified claim on that metric was achieved: delivered to plan."""

    kind: Literal["service_fee"]
    code: str
    amount: Money
    every: Every
    start: date
    until: date
    payee: str
    nature: Nature
    vat: Vat
    delivery: str | None = None
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()
