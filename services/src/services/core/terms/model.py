"""Core: the shapes of terms. What may stand in them together is decided in `checks`."""

from datetime import date
from typing import Literal, TypeAlias

from services.core.money import Money
from services.core.period import Period
from services.core.values import value

Role: TypeAlias = Literal["payer", "investor", "provider", "evaluator", "guarantor", "intermediary"]
Nature: TypeAlias = Literal["service", "grant", "conditional_repayment", "guarantee_call"]
CapKind: TypeAlias = Literal["person", "rule", "contract"]

AGREEMENT = "agreement"
"""`disputes_decided_by`: reporter and verifier both state the same second decision."""


@value
class Party:
    """An organisation in one role of one contract."""

    organisation_id: str
    role: Role


@value
class MeasurementPoint:
    """When a metric is due, such as `6m` after the start. Its code is an occurrence of the metric."""

    code: str
    name: str


@value
class Metric:
    """What is measured, who says so, who checks it and who decides when they differ (organisation ids)."""

    code: str
    name: str
    subject: Literal["participant"]
    unit: Literal["outcome"]
    reports: Literal["units"]
    reported_by: str
    verified_by: str
    disputes_decided_by: str
    dispute_days: int = 30
    use: Literal["paid", "observed"] = "paid"
    max_payments_per_person: int = 1
    measurement_points: tuple[MeasurementPoint, ...] = ()
    evidence_required: bool = False


@value
class Cohort:
    """A named group of participants; enrolment lies in `[start, end)` where these are given."""

    code: str
    name: str
    start: date | None = None
    end: date | None = None
    size: int | None = None


@value
class Outcomes:
    """The part `outcomes`: metrics and cohorts. `readable_by` names roles; absent means every party."""

    metrics: tuple[Metric, ...]
    cohorts: tuple[Cohort, ...]
    readable_by: tuple[Role, ...] | None = None


@value
class Price:
    """A unit price for what was achieved in `[valid_from, valid_to)`; an absent end is open."""

    price: Money
    valid_from: date | None = None
    valid_to: date | None = None


@value
class Vat:
    """How the money of a rule stands to value added tax (categories of EN 16931, BT-151, in words)."""

    category: Literal["outside_scope", "exempt", "zero", "standard"]
    prices_include_vat: bool


@value
class UnitPrice:
    """Pays price x units of each verified claim on a metric.

    `occurrences` says whether a person's first occurrence counts or every one; `max_units_per_person` limits the
    units that count for one person over the whole contract.
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


@value
class Cap:
    """An upper limit on what is paid: for each person, for one rule, or for the contract.

    `keep_paid`: what was posted and is still due keeps its place, and what becomes free goes to the oldest cut
    item. `by_date`: the earliest achieved always comes first.
    """

    kind: CapKind
    amount: Money
    rule: str | None = None
    headroom: Literal["keep_paid", "by_date"] = "keep_paid"


@value
class Payment:
    """The part `payment`: rules in the order of the statement's lines, caps, and when a posted amount is due."""

    rules: tuple[UnitPrice, ...]
    caps: tuple[Cap, ...] = ()
    due_days: int = 30
    readable_by: tuple[Role, ...] | None = None


@value
class Agreement:
    """One version of what is agreed: everything that a signature covers, but the contract's id and the number."""

    parties: tuple[Party, ...]
    currency: str
    time_zone: str
    service_period: Period
    outcome_period: Period
    claims_close_on: date
    effective_from: date
    outcomes: Outcomes
    payment: Payment

    def party(self, organisation_id: str) -> Party | None:
        """The organisation's part in the contract, if it has one."""
        return next((party for party in self.parties if party.organisation_id == organisation_id), None)

    def metric(self, code: str) -> Metric | None:
        """The metric of that code, if there is one."""
        return next((metric for metric in self.outcomes.metrics if metric.code == code), None)

    def payers(self) -> tuple[str, ...]:
        """Organisation ids of the payers, in party order."""
        return tuple(party.organisation_id for party in self.parties if party.role == "payer")


PARTS = ("outcomes", "payment")
"""The parts of an agreement, each salted and hashed by itself."""
