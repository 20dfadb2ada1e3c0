"""Core: the mechanism milestone: a fixed amount for an accepted deliverable."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from services.core.errors import FieldError
from services.core.money import Money
from services.core.terms.faults.amounts import positive
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.metrics import paid_in_units
from services.core.terms.faults.plain import fault
from services.core.terms.measures import Condition
from services.core.terms.mechanisms.mechanism import (
    Mechanism,
    final_by_day,
    no_components,
    no_measures,
    no_prices,
    nothing_together,
    subjects_alone,
)
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


def _faults(declared: Declared, rule: Milestone, at: str) -> Iterator[FieldError]:
    """A metric that something is paid for, an amount, and a day that one can be late for."""
    yield from paid_in_units(declared, rule.metric, f"{at}/metric")
    yield from positive(declared, rule.amount, f"{at}/amount")
    if rule.due_on is None and rule.late == "lost":
        yield fault(f"{at}/late", "late-not-expected", "'pays', or a day in dueOn that one can be late for.")
    if rule.due_on is not None and not declared.outcome_period.holds(rule.due_on):
        yield fault(f"{at}/dueOn", "date-outside-period", "A day of the outcome period.")


def _paid(rule: Milestone) -> frozenset[str]:
    return frozenset({rule.metric})


def _kept(rule: Milestone) -> Mapping[str, object]:
    return {"metric": rule.metric}


MILESTONE = Mechanism(
    shape=Milestone,
    faults=_faults,
    faults_together=nothing_together,
    paid_metrics=_paid,
    measures=no_measures,
    components=no_components,
    pays_each_subject=subjects_alone,
    pays_over_rules=False,
    contracted_prices=no_prices,
    is_final_by_day=final_by_day,
    kept_by_amendment=_kept,
)
