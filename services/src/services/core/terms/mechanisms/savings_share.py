"""Core: the mechanism savings share: a share of what was saved."""

from typing import Annotated, Literal, TypeAlias

from services.core.money import Money
from services.core.terms.measures import Condition
from services.core.terms.nature import Nature, Vat
from services.core.terms.splits import Split
from services.core.values import BY_KIND, value


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
