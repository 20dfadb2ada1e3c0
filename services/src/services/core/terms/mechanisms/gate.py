"""Core: the mechanism gate: a fixed amount if a condition holds."""

from typing import Literal

from services.core.money import Money
from services.core.terms.measures import Condition
from services.core.terms.nature import Nature, Vat
from services.core.terms.splits import Split
from services.core.values import value


@value
class Gate:
    """Pays a fixed amount once if its condition holds."""

    kind: Literal["gate"]
    code: str
    condition: Condition
    amount: Money
    payee: str
    nature: Nature
    vat: Vat
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()
