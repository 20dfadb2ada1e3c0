"""Domain: the row of a payment mechanism in settlement: one field a question, none left open.

What the definition alone answers (which metrics, whether each subject is paid by itself) stands in the table of the
terms, `services.core.terms.mechanisms`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeAlias, TypeVar

from services.core.terms.measures import Condition
from services.core.terms.outcomes import Metric
from settlement_service.domain.agreement.terms import Rule, Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.counts import Counts
from settlement_service.domain.mechanisms.items import Item, NotPayable
from settlement_service.domain.mechanisms.scale import Scale
from settlement_service.domain.mechanisms.working import Node

R = TypeVar("R")

AmountsByRule: TypeAlias = Mapping[str, int]
"""What the items of each rule come to, in minor units."""


@dataclass(slots=True)
class Used:
    """What a rule has paid one subject for: occurrences, and units."""

    occurrences: set[str] = field(default_factory=set)
    units: int = 0


@dataclass(frozen=True, slots=True)
class Occasion:
    """A verified claim that a rule may pay for by itself, under the version of the terms that governs its day.
    `on_metric` are all verified claims of its subject on the metric. `used` is what the rule has paid the subject for,
    earlier by the day of achievement."""

    terms: Terms
    rule: Rule
    claim: Claim
    on_metric: Sequence[Claim]
    used: Used


@dataclass(frozen=True, slots=True)
class Payment:
    """What a rule gives for a claim: payable units, and their value in minor units before caps. `price_minor` is the
    price of a unit where there is one, else `working` is how the amount was computed: 3 units at 1,000.00 are 3,
    300,000 and 100,000."""

    units: int
    gross_minor: int
    price_minor: int | None = None
    working: Node | None = None


@dataclass(frozen=True, slots=True)
class Mechanism(Generic[R]):
    """One row of the table. Every question must be answered: a field has no default. Where an answer is shared, it is
    named in each row, and the one to begin with is the safe one: look at everything, hide, refuse."""

    shape: type[R]
    """The shape in the union of payment rules."""

    looks_at: Callable[[R, Claim], bool]
    """Whether it pays for a claim by itself, where it pays each subject."""
    most_payments: Callable[[R, Metric], tuple[int, NotPayable]]
    """How many occurrences of a metric it pays one subject for at most, and the reason beyond."""
    payment_for: Callable[[R, Occasion], Payment | NotPayable]
    """What it gives for a claim against which neither day, prerequisite nor occurrence speak; or why nothing."""

    items_of_contract: Callable[[Terms, R, OutcomeData, date], Iterator[Item]]
    """What it gives over several subjects together, from what was achieved before a day. There are as many items
    whatever is known. An item that gives nothing has the reason."""
    items_over_rules: Callable[[Terms, R, AmountsByRule, OutcomeData, date], Iterator[Item]]
    """What it gives over the amounts of other rules, after the caps on persons and rules and before those on periods
    and the contract: the net of an advance is an amount below zero."""
    is_paid_once: bool
    """Whether an item of an earlier version of the terms stays where a later version gives one for the same key."""

    depends_on_others: Callable[[R], bool]
    """Whether what one subject is due, or the reason beside it, can change by what other subjects achieve. The safe
    answer is yes: then each settlement looks at every subject again."""
    may_be_below_zero: Callable[[R], bool]
    """Whether it may give an amount below zero, which gives other items room under caps."""
    max_units: Callable[[R], int | None]
    """How many units of all subjects together it pays for at most."""

    each_minor: Callable[[R], int]
    """What one unit gives, in minor units, where it has no price and always gives the same; else 0."""
    reason_without_items: Callable[[R], NotPayable | None]
    """Why it gives nothing while nothing was reported that it pays for."""
    counts: Counts[R]
    """What it tells of how many participants were counted."""

    condition: Callable[[R], Condition | None]
    """The condition that it pays by, beside the one that any rule may have."""
    scale: Callable[[R], Scale | None]
    """The figure that it pays by over the contract, and the values where what it pays changes."""
    work_alone: Callable[[R, date], int]
    """How much work a settlement up to a day is without any claim, in claims under one rule. A simulation adds it up
    before it computes anything."""


def every_claim(rule: Any, claim: Claim) -> bool:
    """It looks at every claim on its metrics."""
    return True


def payments_of_metric(rule: Any, metric: Metric) -> tuple[int, NotPayable]:
    """As often as the metric is paid for one person."""
    return metric.max_payments_per_person, "over-payments-per-person"


def nothing_by_claim(rule: Any, occasion: Occasion) -> NotPayable:
    """It pays for no claim by itself."""
    return "no-rule"


def no_items_of_contract(terms: Terms, rule: Any, outcomes: OutcomeData, ends: date) -> Iterator[Item]:
    """It gives nothing over several subjects."""
    return iter(())


def no_items_over_rules(
    terms: Terms, rule: Any, amounts: AmountsByRule, outcomes: OutcomeData, ends: date
) -> Iterator[Item]:
    """It gives nothing over other rules."""
    return iter(())


def always(rule: Any) -> bool:
    """Yes, whatever the rule says."""
    return True


def never(rule: Any) -> bool:
    """No, whatever the rule says."""
    return False


def two_sided(rule: Any) -> bool:
    """Only where the rule says that it goes both ways."""
    return bool(rule.two_sided)


def no_limit(rule: Any) -> None:
    """No limit on the units of all together."""


def varies(rule: Any) -> int:
    """No one amount for each unit."""
    return 0


def no_reason(rule: Any) -> None:
    """No reason while nothing was reported that it pays for."""


def no_condition(rule: Any) -> None:
    """No condition of its own."""


def no_scale(rule: Any) -> None:
    """No figure that it pays by over the contract."""


def one_claim(rule: Any, ends: date) -> int:
    """As much as one claim."""
    return 1
