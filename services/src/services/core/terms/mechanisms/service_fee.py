"""Core: the mechanism service fee: a fixed amount for each period of the calendar."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from services.core.errors import FieldError
from services.core.money import Money
from services.core.period import Period
from services.core.terms.calendar import Every
from services.core.terms.faults.amounts import positive
from services.core.terms.faults.dates import inside, whole_period
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.metrics import reports
from services.core.terms.measures import Condition
from services.core.terms.mechanisms.mechanism import (
    Mechanism,
    no_components,
    no_measures,
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


def _faults(declared: Declared, rule: ServiceFee, at: str) -> Iterator[FieldError]:
    """Whole periods of the calendar in the contract's own, and an amount for each."""
    ends = max(declared.service_period.end, declared.outcome_period.end)
    either = Period(start=declared.service_period.start, end=ends)
    yield from inside(rule.start, rule.until, either, at, ("start", "until"))
    yield from whole_period(rule.start, rule.until, rule.every, f"{at}/until")
    yield from positive(declared, rule.amount, f"{at}/amount")
    if rule.delivery is not None:
        yield from reports(declared.metrics.get(rule.delivery), "units", f"{at}/delivery")


def _paid(rule: ServiceFee) -> frozenset[str]:
    return frozenset() if rule.delivery is None else frozenset({rule.delivery})


SERVICE_FEE = Mechanism(
    shape=ServiceFee,
    faults=_faults,
    faults_together=nothing_together,
    paid_metrics=_paid,
    measures=no_measures,
    components=no_components,
    pays_each_subject=subjects_together,
    pays_over_rules=False,
    contracted_prices=no_prices,
    is_final_by_day=open_for_later,
    kept_by_amendment=nothing_kept,
)
