"""Core: purses that savings are computed from: what was expected in them, and what came."""

from typing import Annotated, Literal, TypeAlias

from services.core.money import Money
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
