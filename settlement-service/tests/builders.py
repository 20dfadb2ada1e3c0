"""Tests: terms, facts and claims, as short as a test needs them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from services.core.money import from_minor
from services.core.period import Period
from services.core.terms.mechanisms.table import metrics_named
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.nature import Vat
from services.core.terms.outcomes import Cohort, MeasurementPoint, Metric, Outcomes
from services.core.terms.payment import Cap, Payment
from services.core.terms.prices import Price
from services.core.terms.rules import PaymentRule
from services.events.contracts import ContractActivated, ContractAmended, NamedParty
from services.events.outcomes import OutcomeClaimed, OutcomeVerified
from services.kit.process import clock
from settlement_service.domain.agreement.history import History, history_of
from settlement_service.domain.agreement.terms import Terms, terms_of
from settlement_service.domain.facts.claims import Claim

PAYER, INVESTOR, PROVIDER, EVALUATOR, OTHER, STRANGER = (
    "0088:9521000000018",
    "0088:9521000000025",
    "0088:9521000000032",
    "0088:9521000000049",
    "0088:9521000000063",
    "0088:9521000000056",
)
PAYER_2 = "0088:9521000000070"
ROLES = {
    PAYER_2: "payer",
    PAYER: "payer",
    INVESTOR: "investor",
    PROVIDER: "provider",
    EVALUATOR: "evaluator",
    OTHER: "provider",
}
CURRENCY = "DKK"
YEAR = Period(start=date(2026, 1, 1), end=date(2027, 1, 1))
OUTCOMES = Period(start=date(2026, 1, 1), end=date(2030, 1, 1))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
_NAMESPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
_order = count(1)


def person(number: int) -> UUID:
    """The subject id of somebody who does not exist."""
    return uuid5(_NAMESPACE, f"person {number}")


def a_price(minor: int, start: date | None = None, end: date | None = None) -> Price:
    return Price(price=from_minor(minor, CURRENCY), valid_from=start, valid_to=end)


def a_rule(code: str = "job", *prices: Price | int, **changed: Any) -> UnitPrice:
    """A rule of 100.00 a unit on the metric of its own name, for the provider."""
    listed = tuple(a_price(price) if isinstance(price, int) else price for price in prices) or (a_price(10_000),)
    fields: dict[str, Any] = {
        "kind": "unit_price",
        "code": code,
        "metric": code,
        "payee": PROVIDER,
        "nature": "service",
        "vat": Vat(category="outside_scope", prices_include_vat=False),
        "prices": listed,
    }
    return UnitPrice(**{**fields, **changed})


def a_metric(code: str = "job", **changed: Any) -> Metric:
    """A metric that the provider reports, the payer verifies and the evaluator decides disputes on."""
    fields: dict[str, Any] = {
        "code": code,
        "name": f"Has a {code}",
        "subject": "participant",
        "unit": "outcome",
        "reports": "units",
        "reported_by": PROVIDER,
        "verified_by": PAYER,
        "disputes_decided_by": EVALUATOR,
        "max_payments_per_person": 10,
    }
    return Metric(**{**fields, **changed})


def a_cap(kind: str, minor: int, rule: str | None = None, headroom: str = "keep_paid") -> Cap:
    fields: dict[str, Any] = {"kind": kind, "headroom": headroom}
    return Cap(amount=from_minor(minor, CURRENCY), rule=rule, **fields)


def activated(
    rules: Sequence[PaymentRule] = (),
    caps: Iterable[Cap] = (),
    metrics: Sequence[Metric] | None = None,
    contract_id: UUID | None = None,
    parties: Iterable[str] = (PAYER, INVESTOR, PROVIDER, EVALUATOR),
    **changed: Any,
) -> ContractActivated:
    """A contract in force. Without `metrics` each rule has one of its own name."""
    rules = rules or (a_rule(),)
    codes = dict.fromkeys(code for rule in rules for code in sorted(metrics_named(rule)))
    measured = metrics if metrics is not None else [a_metric(code) for code in codes]
    fields: dict[str, Any] = {
        "contract_id": contract_id or clock.new_id(),
        "title": "Jobs",
        "version": 1,
        "root": "ab" * 32,
        "parties": tuple(NamedParty(organisation_id=id_, name=id_, role=ROLES[id_]) for id_ in parties),  # type: ignore[arg-type]
        "currency": CURRENCY,
        "time_zone": "Europe/Copenhagen",
        "service_period": OUTCOMES,
        "outcome_period": OUTCOMES,
        "claims_close_on": date(2030, 7, 1),
        "effective_from": date(2026, 1, 1),
        "outcomes": Outcomes(metrics=tuple(measured), cohorts=(Cohort(code="first", name="First"),)),
        "payment": Payment(rules=tuple(rules), caps=tuple(caps), due_days=30),
    }
    return ContractActivated(**{**fields, **changed})


def terms(*rules: PaymentRule, caps: Iterable[Cap] = (), **more: Any) -> Terms:
    return terms_of(activated(rules, caps, **more))


def history(*rules: PaymentRule, caps: Iterable[Cap] = (), **more: Any) -> History:
    return history_of([activated(rules, caps, **more)])


def a_claim(who: int = 1, metric: str = "job", occurrence: str = "1", day: str = "2026-03-01", **changed: Any) -> Claim:
    """A verified claim of one unit. Claims made later have a later order key."""
    number = next(_order)
    fields: dict[str, Any] = {
        "id": uuid5(_NAMESPACE, f"claim {number}"),
        "metric": metric,
        "subject_id": person(who),
        "occurrence": occurrence,
        "achieved_on": date.fromisoformat(day),
        "units": 1,
        "reported_by": PROVIDER,
        "order_key": f"{number:08d}",
        "state": "verified",
        "decided_by": (PAYER,),
        "decided_at": NOON,
    }
    return Claim(**{**fields, **changed})


def an_amendment(to: ContractActivated, contract_id: UUID, effective_from: date, version: int = 2) -> ContractAmended:
    """What makes a contract, from a day on, what `to` says."""
    fields = {name: getattr(to, name) for name in to.__dataclass_fields__}
    own = {"contract_id": contract_id, "version": version, "effective_from": effective_from}
    return ContractAmended(**{**fields, **own})


def claimed(contract_id: UUID, claim: Claim, corrects: UUID | None = None) -> OutcomeClaimed:
    """The fact that reports a claim."""
    return OutcomeClaimed(
        contract_id=contract_id,
        claim_id=claim.id,
        metric=claim.metric,
        subject_id=claim.subject_id,
        occurrence=claim.occurrence,
        achieved_on=claim.achieved_on,
        units=claim.units,
        reported_by=claim.reported_by,
        order_key=claim.order_key,
        corrects=corrects,
        measurement=claim.measurement,
    )


def verified(contract_id: UUID, claim: Claim, deemed: bool = False) -> OutcomeVerified:
    """The fact that it holds; or that it is deemed to."""
    return OutcomeVerified(contract_id=contract_id, claim_id=claim.id, decided_by=PAYER, decided_at=NOON, deemed=deemed)


POINTS = (MeasurementPoint(code="6m", name="After six months"), MeasurementPoint(code="12m", name="After a year"))
