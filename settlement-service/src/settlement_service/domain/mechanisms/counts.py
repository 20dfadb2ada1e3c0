"""Domain: what a mechanism tells of how many participants were counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

from services.core.terms.outcomes import Metric
from settlement_service.domain.agreement.terms import Terms

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RateByCount:
    """How an amount follows from a count on a metric. `by_share`: it goes by the share that the count is of a
    denominator; `denominator` is that number where the terms fix it, else None. `amount` gives minor units for a count
    and a denominator (None: by the count itself): 51 of 162, at 1,000,000.00 from 0.31 on, give 100,000,000."""

    metric: str
    by_share: bool
    denominator: Fraction | None
    amount: Callable[[int, Fraction | None], int]


@dataclass(frozen=True, slots=True)
class Counts(Generic[R]):
    """What an investor could learn of a count from what a rule gives over the contract (domain.md, section 6.4).
    `counts_people`: whether it pays by how many participants were counted. `told_by_units`: whether the units of its
    line are that count. `rate`: how its amount follows from the count."""

    counts_people: Callable[[R, Mapping[str, Metric]], bool]
    told_by_units: bool
    rate: Callable[[Terms, R], RateByCount | None]


def _always(rule: Any, metrics: Mapping[str, Metric]) -> bool:
    return True


def _never(rule: Any, metrics: Mapping[str, Metric]) -> bool:
    return False


def _unknown(terms: Terms, rule: Any) -> None:
    return None


HIDDEN: Counts[Any] = Counts(counts_people=_always, told_by_units=False, rate=_unknown)
"""The safe answer: nothing is known of the count, so it may be few, and its line is merged with its neighbours."""
NO_COUNT: Counts[Any] = Counts(counts_people=_never, told_by_units=False, rate=_unknown)
"""It does not pay by a count of participants."""


def counts_outcomes_of_cohort(metric: Metric) -> bool:
    """Whether a metric's units are outcomes of participants that a cohort reports as a number."""
    return metric.subject == "cohort" and metric.unit == "outcome" and metric.reports == "units"
