"""Tests: contracts, claims and what is sent of them, that are right, to be made wrong where a test needs it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from outcomes_service.domain.claim import Claim
from outcomes_service.domain.contract import Contract, Metric
from services.core.terms.parties import Party
from services.events.contracts import ContractActivated
from services.kit import clock, shapes

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
    a_metric("assessed", reportedBy=PAYER, verifiedBy=EVALUATOR, disputesDecidedBy="agreement"),
)


def activated(**other: Any) -> ContractActivated:
    """A contract of four parties with METRICS and the cohorts `first` and `second`, as the registry tells of it."""
    document = {
        "contractId": str(clock.new_id()),
        "title": "Into work",
        "version": 1,
        "root": "0" * 64,
        "parties": [{"organisationId": one, "name": role, "role": role} for one, role in ROLES.items()],
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
        "payment": {"rules": []},
        **other,
    }
    return shapes.read(ContractActivated, document)


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
    terms = activated()
    parties = tuple(Party(organisation_id=one.organisation_id, role=one.role) for one in terms.parties)
    metrics = {
        one.code: Metric(
            number,
            one.code,
            one.reported_by,
            one.verified_by,
            one.disputes_decided_by,
            one.dispute_days,
            one.max_payments_per_person,
            tuple(point.code for point in one.measurement_points),
            one.evidence_required,
        )
        for number, one in enumerate(terms.outcomes.metrics, start=1)
    }
    fields = {
        "id": CONTRACT_ID,
        "terms_version": 1,
        "parties": parties,
        "time_zone": terms.time_zone,
        "service_period": terms.service_period,
        "outcome_period": terms.outcome_period,
        "claims_close_on": terms.claims_close_on,
        "metrics": metrics,
    }
    return Contract(**{**fields, **other})


def a_kept_claim(contract: Contract, metric: str = "employed", **other: Any) -> Claim:
    """A claim on a metric of `contract`, submitted by who reports on it."""
    terms = contract.metrics[metric]
    fields = {
        "id": UUID("019a0000-0000-7000-8000-000000000002"),
        "contract_id": contract.id,
        "metric_id": terms.id,
        "metric": metric,
        "subject_id": UUID("019a0000-0000-4000-8000-000000000003"),
        "participant_key": a_key(1),
        "occurrence": "1",
        "achieved_on": date(2024, 6, 3),
        "units": 1,
        "evidence": (),
        "external_id": "claim-1",
        "reported_by": terms.reported_by,
        "recorded_at": NOW,
    }
    return Claim(**{**fields, **other})
