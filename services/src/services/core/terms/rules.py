"""Core: payment rules: what turns verified outcomes into money. One shape a kind."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from services.core.money import Money
from services.core.terms.measures import Condition, Measure
from services.core.terms.splits import Split
from services.core.values import BY_KIND, value

Nature: TypeAlias = Literal["service", "grant", "conditional_repayment", "guarantee_call"]
Every: TypeAlias = Literal["month", "quarter", "year"]
"""Periods of the calendar: 2026-03, 2026-Q1, 2026."""


@value
class Vat:
    """How the money of a rule stands to value added tax (categories of EN 16931, BT-151, in words)."""

    category: Literal["outside_scope", "exempt", "zero", "standard"]
    prices_include_vat: bool


@value
class Price:
    """A unit price for what was achieved in `[valid_from, valid_to)`; an absent end is open."""

    price: Money
    valid_from: date | None = None
    valid_to: date | None = None


@value
class UnitPrice:
    """Pays price x units of each verified claim on a metric.

    `occurrences` says whether a subject's first occurrence counts or every one; `max_units_per_person` limits the
    units that count for one subject over the whole contract, `max_units` those of all together. `index` names a table
    of the payment part that prices are multiplied by. Only with `two_sided` may a price be below zero.
    """

    kind: Literal["unit_price"]
    code: str
    metric: str
    payee: str
    nature: Nature
    vat: Vat
    prices: tuple[Price, ...]
    occurrences: Literal["first", "every"] = "every"
    max_units_per_person: int | None = None
    max_units: int | None = None
    index: str | None = None
    two_sided: bool = False
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()


@value
class Band:
    """Values in `[from_, to)`; an absent end is open. `amount` is for flat bands, `rate` for each unit of the value in
    marginal ones."""

    from_: str | None = None
    to: str | None = None
    amount: Money | None = None
    rate: Money | None = None


@value
class Point:
    """What is paid at exactly this value; between two points it is interpolated."""

    value: str
    amount: Money


@value
class Bands:
    """Pays by where a measured value falls.

    `flat`: the amount of the band. `marginal`: the rate of each band for the part of the value in it, like a tax,
    counted from `origin`. `interpolated`: linear between `points`, level outside them. `per` subject pays each
    participant, cohort or site by its own value; per contract pays one amount by the pooled one.
    """

    kind: Literal["bands"]
    code: str
    measure: Measure
    payee: str
    nature: Nature
    vat: Vat
    method: Literal["flat", "marginal", "interpolated"]
    bands: tuple[Band, ...] = ()
    points: tuple[Point, ...] = ()
    per: Literal["contract", "subject"] = "contract"
    origin: str = "0"
    floor: Money | None = None
    ceiling: Money | None = None
    two_sided: bool = False
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()


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


@value
class AggregateBaseline:
    """What would have been spent (or earned) in each period, in sum."""

    kind: Literal["aggregate"]
    amount: Money


@value
class PerPersonBaseline:
    """What would have been spent on each person in each period; the claim's n says how many persons."""

    kind: Literal["per_person"]
    amount: Money


@value
class PerPersonDayBaseline:
    """What would have been spent on each person a day; the claim's n says how many person-days."""

    kind: Literal["per_person_day"]
    amount: Money


@value
class MeasuredBaseline:
    """What a verified claim of the arm `comparison` or `baseline` says for the same period."""

    kind: Literal["measured"]
    arm: Literal["comparison", "baseline"]


SavingsBaseline: TypeAlias = Annotated[
    AggregateBaseline | PerPersonBaseline | PerPersonDayBaseline | MeasuredBaseline, BY_KIND
]


@value
class SavingsComponent:
    """One purse: what was spent in it (`cost`: less is a saving) or came in (`revenue`: more is). `reimbursed` is the
    share that the state gives back of it, taken off when the basis is net. `metric` reports amounts, one measurement a
    period (its measurement points); claims name the component."""

    code: str
    metric: str
    flow: Literal["cost", "revenue"]
    basis: Literal["gross", "net_of_reimbursement"]
    baseline: SavingsBaseline
    reimbursed: str | None = None


@value
class Slice:
    """The share (a decimal from 0 to 1) of the saving up to `up_to`, from where the slice before ends; the last slice
    is open."""

    share: str
    up_to: Money | None = None


@value
class SavingsShare:
    """Pays a share of (baseline - actual - deductible), the sum over components.

    `cumulative`: of all periods so far, so that a bad year takes back from a good one. `per_period`: each by itself,
    which keeps a good year and forgets a bad one. Only with `two_sided` does a loss give an amount below zero.
    """

    kind: Literal["savings_share"]
    code: str
    components: tuple[SavingsComponent, ...]
    shares: tuple[Slice, ...]
    accumulation: Literal["cumulative", "per_period"]
    payee: str
    nature: Nature
    vat: Vat
    deductible: Money | None = None
    two_sided: bool = False
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()


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


PaymentRule: TypeAlias = Annotated[UnitPrice | Bands | Gate | SavingsShare | Milestone | ServiceFee, BY_KIND]
