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
    """How an amount follows from a count on a metric. Where it goes `by_share`, `of` is the number of which the share
    is taken, None where the terms do not fix it. `amount` is minor units for a count and the number it is a share of
    (None: by the count itself)."""

    metric: str
    by_share: bool
    of: Fraction | None
    amount: Callable[[int, Fraction | None], int]


@dataclass(frozen=True, slots=True)
class Counts(Generic[R]):
    """What an investor could learn of a count from what a rule gives over the contract: whether it pays by how many
    participants were counted, whether the units of its line are that count, and the rate that it pays by."""

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
"""A count that nothing is known of: it may be few, so its line is merged with others."""
NO_COUNT: Counts[Any] = Counts(counts_people=_never, told_by_units=False, rate=_unknown)
"""It does not pay by a count of participants."""


def counts_outcomes_of_cohort(metric: Metric) -> bool:
    """Whether a cohort's units are participants with an outcome."""
    return metric.subject == "cohort" and metric.unit == "outcome" and metric.reports == "units"
