"""Core: the mechanism milestone: a fixed amount for an accepted deliverable."""

from datetime import date
from typing import Literal

from services.core.money import Money
from services.core.terms.measures import Condition
from services.core.terms.nature import Nature, Vat
from services.core.terms.splits import Split
from services.core.values import value


@value
class Milestone:
    """Pays a fixed amount for each deliverable that was accepted, which is its claim's verification. `late` says
    whether one achieved after `due_on` is still paid."""

    kind: Literal["milestone"]
    code: str
    metric: str
    amount: Money
    payee: str
    nature: Nature
    vat: Vat
    due_on: date | None = None
    late: Literal["pays", "lost"] = "pays"
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()
