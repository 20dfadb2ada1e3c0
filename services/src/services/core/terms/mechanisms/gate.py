"""Core: the mechanism gate: a fixed amount if a condition holds."""

from collections.abc import Iterator
from typing import Literal

from services.core.errors import FieldError
from services.core.money import Money
from services.core.terms.faults.amounts import positive
from services.core.terms.faults.conditions import condition
from services.core.terms.faults.declared import Declared
from services.core.terms.measures import Condition, Measure, measures_in
from services.core.terms.mechanisms.mechanism import (
    Mechanism,
    no_components,
    no_prices,
    nothing_kept,
    nothing_together,
    open_for_later,
    subjects_together,
)
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


def _faults(declared: Declared, rule: Gate, at: str) -> Iterator[FieldError]:
    """A condition that can be decided, and an amount."""
    yield from condition(declared, rule.condition, f"{at}/condition")
    yield from positive(declared, rule.amount, f"{at}/amount")


def _paid(rule: Gate) -> frozenset[str]:
    return frozenset(measure.metric for measure in _measures(rule))


def _measures(rule: Gate) -> tuple[Measure, ...]:
    return tuple(measures_in(rule.condition))


GATE = Mechanism(
    shape=Gate,
    faults=_faults,
    faults_together=nothing_together,
    paid_metrics=_paid,
    measures=_measures,
    components=no_components,
    pays_each_subject=subjects_together,
    pays_over_rules=False,
    contracted_prices=no_prices,
    is_final_by_day=open_for_later,
    kept_by_amendment=nothing_kept,
)
