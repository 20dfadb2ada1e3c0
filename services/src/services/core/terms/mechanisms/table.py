"""Core: the table of payment mechanisms, and what is asked of any rule through it."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from services.core.terms.measures import Measure, measures_in, metrics_of
from services.core.terms.mechanisms.bands import BANDS
from services.core.terms.mechanisms.gate import GATE
from services.core.terms.mechanisms.mechanism import AnyRule, Mechanism
from services.core.terms.mechanisms.milestone import MILESTONE
from services.core.terms.mechanisms.savings_share import SAVINGS_SHARE
from services.core.terms.mechanisms.service_fee import SERVICE_FEE
from services.core.terms.mechanisms.unit_price import UNIT_PRICE

_ROWS: tuple[Mechanism[Any], ...] = (UNIT_PRICE, BANDS, GATE, SAVINGS_SHARE, MILESTONE, SERVICE_FEE)
MECHANISMS: Mapping[type[Any], Mechanism[Any]] = MappingProxyType({row.shape: row for row in _ROWS})
"""The row of each shape in the union `PaymentRule`."""


class MechanismMissing(LookupError):
    """A shape of a rule has no row: nobody knows what it pays for, so nothing is done with it."""


def mechanism_of(rule: AnyRule) -> Mechanism[Any]:
    """The row of a rule. Errors: MechanismMissing where its shape has none, with all questions that are open."""
    row = MECHANISMS.get(type(rule))
    if row is None:
        raise missing(rule, Mechanism)
    return row


def missing(rule: AnyRule, row: type[Any]) -> MechanismMissing:
    """The error of a rule whose shape has no row in a table of such rows; it says all that a row answers."""
    open_questions = ", ".join(question.name for question in fields(row))
    return MechanismMissing(f"{type(rule).__name__} has no row of {row.__module__}: open are {open_questions}.")


def paid_metrics(rule: AnyRule) -> frozenset[str]:
    """Codes of the metrics whose claims a rule turns into money."""
    return mechanism_of(rule).paid_metrics(rule)


def measures_of(rule: AnyRule) -> tuple[Measure, ...]:
    """Every measure that a rule looks at: those it pays by, then those of its condition `when`."""
    around = () if rule.when is None else measures_in(rule.when)
    return (*mechanism_of(rule).measures(rule), *around)


def metrics_named(rule: AnyRule) -> frozenset[str]:
    """Codes of all metrics that a rule is computed from: those it pays for, and those of its measures, with their
    denominators and its condition's."""
    return paid_metrics(rule) | {code for measure in measures_of(rule) for code in metrics_of(measure)}


def pays_over_rules(rule: AnyRule) -> bool:
    """Whether what a rule gives looks at what other rules give."""
    return mechanism_of(rule).pays_over_rules


def pays_each_subject(rule: AnyRule) -> bool:
    """Whether what a rule gives for one subject never depends on another: it is evaluated as facts arrive."""
    return mechanism_of(rule).pays_each_subject(rule)
