"""Tests: every mechanism of the terms, as short as a test needs it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.core.measurement import Measurement
from services.core.money import Money, from_minor
from services.core.subjects import subject_id_of
from services.core.terms.components import AggregateBaseline, SavingsComponent
from services.core.terms.measures import AllOf, AnyOf, Condition, Measure, Threshold
from services.core.terms.mechanisms.bands import Band, Bands, Point
from services.core.terms.mechanisms.gate import Gate
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.mechanisms.savings_share import SavingsShare, Slice
from services.core.terms.mechanisms.service_fee import ServiceFee
from services.core.terms.model import Agreement
from services.core.terms.nature import Vat
from services.core.terms.outcomes import Cohort, MeasurementPoint, Metric, Outcomes
from services.core.terms.parties import Party
from services.core.terms.payment import Cap, GrantWindow, PausedWindow, Payment
from services.core.terms.splits import MaximaInOrder, Maximum, Shares, Weight
from services.events.contracts import ContractActivated, NamedParty
from services.events.outcomes import OutcomeSuperseded, OutcomeWithdrawn, ParticipantEnrolled
from services.kit.process import clock
from settlement_service.domain.facts.claims import Claim

from .books import Books, Settled
from .builders import (
    CURRENCY,
    EVALUATOR,
    INVESTOR,
    NOON,
    PAYER,
    PROVIDER,
    a_claim,
    a_metric,
    activated,
    an_amendment,
    person,
)

SECOND, THIRD = "0088:9521000000070", "0088:9521000000087"
"""More payers than one."""
PAYERS = (PAYER, SECOND, THIRD)
POINTS = tuple(MeasurementPoint(code=code, name=code) for code in ("y1", "y2", "y3"))
COHORTS = (Cohort(code="a", name="A"), Cohort(code="b", name="B"), Cohort(code="c", name="C"))
_PAID: dict[str, Any] = {
    "payee": PROVIDER,
    "nature": "service",
    "vat": Vat(category="outside_scope", prices_include_vat=False),
}


def kr(minor: int) -> Money:
    return from_minor(minor, CURRENCY)


def a_measure(metric: str = "rate", basis: str = "mean", **changed: Any) -> Measure:
    fields: dict[str, Any] = {"metric": metric, "basis": basis, "missing": "as_failure"}
    return Measure(**{**fields, **changed})


def a_threshold(measure: Measure, comparator: Any, value: str, **changed: Any) -> Threshold:
    return Threshold(kind="threshold", measure=measure, comparator=comparator, value=value, **changed)


def all_of(*conditions: Condition) -> AllOf:
    return AllOf(kind="all_of", conditions=conditions)


def any_of(*conditions: Condition) -> AnyOf:
    return AnyOf(kind="any_of", conditions=conditions)


def a_gate(condition: Condition, minor: int = 100_000, code: str = "gate", **changed: Any) -> Gate:
    return Gate(**{"kind": "gate", "code": code, "condition": condition, "amount": kr(minor), **_PAID, **changed})


def some_bands(measure: Measure, method: str = "flat", *bands: Band | Point, **changed: Any) -> Bands:
    place = "points" if method == "interpolated" else "bands"
    fields = {"kind": "bands", "code": "bands", "measure": measure, "method": method, place: bands, **_PAID}
    return Bands(**{**fields, **changed})


def flat(start: str | None, end: str | None, minor: int) -> Band:
    return Band(from_=start, to=end, amount=kr(minor))


def rate(start: str | None, end: str | None, minor: int) -> Band:
    return Band(from_=start, to=end, rate=kr(minor))


def point(value: str, minor: int) -> Point:
    return Point(value=value, amount=kr(minor))


def a_component(code: str = "purse", **changed: Any) -> SavingsComponent:
    baseline = AggregateBaseline(kind="aggregate", amount=kr(1_000_00))
    fields: dict[str, Any] = {"code": code, "metric": "spent", "flow": "cost", "basis": "gross", "baseline": baseline}
    return SavingsComponent(**{**fields, **changed})


def a_savings_share(*components: SavingsComponent, **changed: Any) -> SavingsShare:
    fields: dict[str, Any] = {
        "kind": "savings_share",
        "code": "savings",
        "components": components or (a_component(),),
        "shares": (Slice(share="0.50"),),
        "accumulation": "per_period",
    }
    return SavingsShare(**{**fields, **_PAID, **changed})


def a_milestone(metric: str = "plan", minor: int = 50_000, **changed: Any) -> Milestone:
    fields = {"kind": "milestone", "code": "milestone", "metric": metric, "amount": kr(minor), **_PAID}
    return Milestone(**{**fields, **changed})


def a_fee(minor: int = 30_000, every: str = "quarter", **changed: Any) -> ServiceFee:
    fields = {"kind": "service_fee", "code": "fee", "amount": kr(minor), "every": every, **_PAID}
    span = {"start": date(2026, 1, 1), "until": date(2027, 1, 1)}
    return ServiceFee(**{**fields, **span, **changed})


def a_grant(start: date, end: date, minor: int = 20_000, every: Any = "month") -> GrantWindow:
    fields = {**_PAID, "nature": "grant"}
    return GrantWindow(mode="grant", code="grant", start=start, end=end, amount=kr(minor), every=every, **fields)


def a_pause(start: date, end: date, then_payable: bool) -> PausedWindow:
    return PausedWindow(mode="paused", code="pause", start=start, end=end, then_payable=then_payable)


def a_limit(kind: str, minor: int, **changed: Any) -> Cap:
    fields: dict[str, Any] = {"kind": kind, "amount": kr(minor), **changed}
    return Cap(**fields)


def weights(*pairs: tuple[str, int]) -> Shares:
    return Shares(kind="shares", weights=tuple(Weight(payer=payer, weight=weight) for payer, weight in pairs))


def maxima(*pairs: tuple[str, int]) -> MaximaInOrder:
    return MaximaInOrder(
        kind="maxima_in_order", maxima=tuple(Maximum(payer=payer, amount=kr(minor)) for payer, minor in pairs)
    )


def measured_metric(code: str = "rate", subject: str = "cohort", **changed: Any) -> Metric:
    """Measurements about cohorts, at three points."""
    return a_metric(code, subject=subject, reports="measurement", measurement_points=POINTS, **changed)


def spent_metric(code: str = "spent") -> Metric:
    return measured_metric(code, unit="amount")


def a_contract(
    *rules: Any,
    metrics: Sequence[Metric] | None = None,
    caps: Sequence[Cap] = (),
    cohorts: Sequence[Cohort] = COHORTS[:1],
    payers: Sequence[str] = (PAYER,),
    effective: date = date(2026, 1, 1),
    **payment: Any,
) -> ContractActivated:
    """Terms in force: `payment` are further fields of the payment part."""
    fresh = activated(rules, (), metrics)
    roles: Any = [(payer, "payer") for payer in payers]
    roles += [(INVESTOR, "investor"), (PROVIDER, "provider"), (EVALUATOR, "evaluator")]
    return replace(
        fresh,
        effective_from=effective,
        parties=tuple(NamedParty(organisation_id=id_, name=id_, role=role) for id_, role in roles),
        outcomes=Outcomes(metrics=fresh.outcomes.metrics, cohorts=tuple(cohorts)),
        payment=Payment(rules=tuple(rules), caps=tuple(caps), **payment),
    )


def agreement_of(activation: ContractActivated, **payment: Any) -> Agreement:
    """The terms that were activated as they are drafted."""
    names = [field for field in Agreement.__dataclass_fields__ if field not in ("parties", "payment")]
    return Agreement(
        parties=tuple(Party(organisation_id=party.organisation_id, role=party.role) for party in activation.parties),
        payment=replace(activation.payment, **payment),
        **{name: getattr(activation, name) for name in names},
    )


def amended(books: Books, terms: ContractActivated, effective: date) -> None:
    """The next version of the terms comes into force."""
    version = len(books.history.versions) + 1
    books.tell(an_amendment(terms, books.contract_id, effective, version))


def reading(
    books: Books,
    value: str,
    cohort: str = "a",
    occurrence: str = "y1",
    metric: str = "rate",
    day: str = "2026-06-30",
    **measured: Any,
) -> Claim:
    """A verified measurement of a cohort."""
    subject = subject_id_of(books.contract_id, "cohort", cohort)
    measurement = Measurement(value=value, **measured)
    return a_claim(0, metric, occurrence, day, subject_id=subject, units=0, measurement=measurement)


def own_reading(who: int, value: str, occurrence: str = "y1", metric: str = "score", **more: Any) -> Claim:
    """A verified measurement of a participant."""
    measured = {name: more.pop(name) for name in ("arm", "n", "standard_error") if name in more}
    return a_claim(who, metric, occurrence, units=0, measurement=Measurement(value=value, **measured), **more)


def enrolled(books: Books, *people: int, cohort: str = "a", day: str = "2026-01-01") -> None:
    for who in people:
        books.tell(
            ParticipantEnrolled(
                contract_id=books.contract_id,
                subject_id=person(who),
                cohort=cohort,
                enrolled_on=date.fromisoformat(day),
            )
        )


def moved(books: Books, claim: Claim, day: date) -> Claim:
    """The claim corrected: the same, but achieved on another day."""
    other = replace(claim, id=clock.new_id(), achieved_on=day, state="verified")
    books.verify(other)
    books.tell(OutcomeSuperseded(contract_id=books.contract_id, claim_id=claim.id, superseded_by=other.id))
    return other


def withdrawn(books: Books, claim: Claim) -> None:
    books.tell(OutcomeWithdrawn(contract_id=books.contract_id, claim_id=claim.id, withdrawn_at=NOON))


def lines(settled: Settled) -> dict[str, tuple[int, str | None]]:
    """Amount and state of each line."""
    return {line.rule: (line.figures.amount_minor, line.state) for line in settled.statement.lines}


def paid_by(settled: Settled) -> dict[str, int]:
    """What each payer pays in sum; payers of nothing are left out."""
    minors: dict[str, int] = {}
    for line in settled.statement.lines:
        for payer, minor in line.shares:
            minors[payer] = minors.get(payer, 0) + minor
    return {payer: minor for payer, minor in minors.items() if minor}


def posted_to(books: Books) -> dict[str, int]:
    """What each payer has been posted so far."""
    minors: dict[str, int] = {}
    for row in books.state.posted.values():
        for payer, minor in row.shares:
            minors[payer] = minors.get(payer, 0) + minor
    return {payer: minor for payer, minor in minors.items() if minor}


def new_id() -> UUID:
    return clock.new_id()
