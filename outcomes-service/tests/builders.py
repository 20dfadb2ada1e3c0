"""Tests: contracts, claims and what is sent of them, that are right, to be made wrong where a test needs it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from outcomes_service.domain.claim import Claim
from outcomes_service.domain.contract import Contract, Terms
from outcomes_service.usecases.keep_contract import parties_of, terms_of
from services.events.contracts import ContractActivated, ContractAmended
from services.kit.doors import shapes
from services.kit.process import clock

PAYER, INVESTOR, PROVIDER, EVALUATOR, STRANGER = (
    "0088:9521000000018",
    "0088:9521000000025",
    "0088:9521000000032",
    "0088:9521000000049",
    "0088:9521000000056",
)
ROLES = {PAYER: "payer", INVESTOR: "investor", PROVIDER: "provider", EVALUATOR: "evaluator"}
STARTED, DAY, ENDED = "2024-01-01", "2024-06-03", "2040-01-01"


def a_metric(code: str, **other: Any) -> dict[str, Any]:
    """The provider reports, the payer verifies, the evaluator decides disputes."""
    return {
        "code": code,
        "name": code,
        "subject": "participant",
        "unit": "outcome",
        "reports": "units",
        "reportedBy": PROVIDER,
        "verifiedBy": PAYER,
        "disputesDecidedBy": EVALUATOR,
        **other,
    }


SPENT: dict[str, Any] = {
    "subject": "site",
    "unit": "amount",
    "reports": "measurement",
    "measurementPoints": [{"code": "2024", "name": "2024"}],
}
METRICS = (
    a_metric("employed"),
    a_metric("trained", maxPaymentsPerPerson=3),
    a_metric(
        "healthy",
        maxPaymentsPerPerson=2,
        measurementPoints=[{"code": "6m", "name": "6"}, {"code": "12m", "name": "12"}],
    ),
    a_metric("proven", evidenceRequired=True),
    a_metric("agreed", disputesDecidedBy="agreement"),
    a_metric("registered", reportedBy=PAYER, verifiedBy=PROVIDER),
    a_metric("accepted", ifNotDecided={"afterDays": 30, "then": "accept"}),
    a_metric("escalated", ifNotDecided={"afterDays": 30, "then": "escalate"}),
    a_metric("assessed", reportedBy=PAYER, verifiedBy=EVALUATOR, disputesDecidedBy="agreement"),
    a_metric("scored", unit="point", reports="measurement", maxPaymentsPerPerson=2),
    a_metric("reoffending", subject="cohort", unit="share", reports="measurement", estimator="matched-did"),
    a_metric("delivered", subject="cohort"),
    a_metric("served", subject="site"),
    a_metric("cost", subject="site", unit="amount", reports="measurement", maxPaymentsPerPerson=2),
    a_metric("spent", **SPENT),
    a_metric("saved", **SPENT),
)


MONEY = {"amount": "1000.00", "currency": "DKK"}
PAID = {"payee": PROVIDER, "nature": "service", "vat": {"category": "exempt", "pricesIncludeVat": False}}
SHARED = {
    "kind": "savings_share",
    "code": "share",
    "components": [
        {
            "code": code,
            "metric": metric,
            "flow": "cost",
            "basis": "gross",
            "baseline": {"kind": "aggregate", "amount": MONEY},
        }
        for code, metric in (("municipality", "spent"), ("region", "spent"), ("state", "saved"))
    ],
    "shares": [{"share": "0.5"}],
    "accumulation": "per_period",
    **PAID,
}
MEAN = {
    "kind": "bands",
    "code": "by-mean",
    "measure": {"metric": "saved", "basis": "mean", "missing": "excluded"},
    "method": "flat",
    "bands": [{"amount": MONEY}],
    **PAID,
}


def activated(**other: Any) -> ContractActivated:
    """A contract of four parties with METRICS and the cohorts `first` and `second`, as the registry tells of it."""
    return shapes.read(ContractActivated, {**_in_force(), **other})


def amended(contract: str, **other: Any) -> ContractAmended:
    """The second version of the terms of the contract at that path: from 2025 on, and else as the first."""
    changed = {"contractId": contract.rpartition("/")[2], "version": 2, "effectiveFrom": "2025-01-01"}
    return shapes.read(ContractAmended, {**_in_force(), **changed, **other})


def outcomes(*metrics: dict[str, Any], cohorts: Iterable[str] = ("first", "second")) -> dict[str, Any]:
    """The part `outcomes` of the terms, with these metrics and cohorts."""
    return {"metrics": metrics, "cohorts": [{"code": code, "name": code} for code in cohorts]}


def _in_force() -> dict[str, Any]:
    return {
        "contractId": str(clock.new_id()),
        "title": "Into work",
        "version": 1,
        "root": "0" * 64,
        "parties": [
            {"organisationId": organisation, "name": role, "role": role} for organisation, role in ROLES.items()
        ],
        "currency": "DKK",
        "timeZone": "Europe/Copenhagen",
        "servicePeriod": {"start": STARTED, "end": ENDED},
        "outcomePeriod": {"start": STARTED, "end": ENDED},
        "claimsCloseOn": "2041-01-01",
        "effectiveFrom": STARTED,
        "outcomes": {
            "metrics": METRICS,
            "cohorts": [
                {"code": "first", "name": "First"},
                {"code": "second", "name": "Second", "start": "2025-01-01", "end": "2026-01-01"},
            ],
        },
        "payment": {"rules": [SHARED, MEAN]},
    }


def a_key(number: int) -> str:
    """The key of a participant."""
    return f"key_{number:06d}_Zk3vVhJx0aLr"


def an_enrolment(number: int = 1, **other: Any) -> dict[str, Any]:
    """One row of people who are enrolled."""
    return {"participantKey": a_key(number), "cohort": "first", "enrolledOn": STARTED, **other}


def a_claim(number: int = 1, **other: Any) -> dict[str, Any]:
    """One row of claims: participant `number` is employed."""
    return {
        "externalId": f"claim-{number}",
        "metric": "employed",
        "participantKey": a_key(number),
        "achievedOn": DAY,
        **other,
    }


MEASURED: dict[str, Any] = {"value": "0.31", "n": "162", "standardError": "0.02"}


def about_a_cohort(**other: Any) -> dict[str, Any]:
    """A claim on how many of a cohort reoffended."""
    measured = {**MEASURED, "estimator": "matched-did"}
    claim = a_claim(metric="reoffending", cohort="first", measurement=measured)
    return {key: member for key, member in {**claim, "participantKey": None, **other}.items() if member is not None}


def about_a_site(**other: Any) -> dict[str, Any]:
    """A claim on a village that was served."""
    claim = a_claim(metric="served", site="village-017")
    return {key: member for key, member in {**claim, "participantKey": None, **other}.items() if member is not None}


EVIDENCE = [{"reference": "case-system:2024/77:note-3", "hmacSha256": "ab" * 32}]


def lines(rows: Iterable[Any]) -> bytes:
    """Rows as NDJSON; bytes are lines that are sent as they are."""
    return b"".join(
        row + b"\n" if isinstance(row, bytes) else shapes.adapter(Any).dump_json(row) + b"\n" for row in rows
    )


CONTRACT_ID = UUID("019a0000-0000-7000-8000-000000000001")
NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)


def a_contract(**other: Any) -> Contract:
    """The copy of the contract that `activated` tells of."""
    activation = activated()
    fields = {
        "id": CONTRACT_ID,
        "terms": (numbered(terms_of(activation)),),
        "parties": parties_of(activation),
        "time_zone": activation.time_zone,
        "service_period": activation.service_period,
        "outcome_period": activation.outcome_period,
        "claims_close_on": activation.claims_close_on,
    }
    return Contract(**{**fields, **other})


def numbered(terms: Terms, after: int = 0) -> Terms:
    """The terms with ids for their metrics, as when they are kept."""
    metrics = enumerate(terms.metrics.values(), start=after + 1)
    return replace(terms, metrics={metric.code: replace(metric, id=number) for number, metric in metrics})


def a_kept_claim(contract: Contract, metric: str = "employed", **other: Any) -> Claim:
    """A claim on a metric of `contract`, submitted by who reports on it."""
    terms = contract.terms[0].metrics[metric]
    fields = {
        "id": UUID("019a0000-0000-7000-8000-000000000002"),
        "contract_id": contract.id,
        "metric_id": terms.id,
        "metric": metric,
        "subject_id": UUID("019a0000-0000-4000-8000-000000000003"),
        "participant_key": a_key(1),
        "cohort": None,
        "site": None,
        "occurrence": "1",
        "achieved_on": date(2024, 6, 3),
        "units": 1,
        "measurement": None,
        "evidence": (),
        "external_id": "claim-1",
        "reported_by": terms.reported_by,
        "recorded_at": NOW,
    }
    return Claim(**{**fields, **other})
