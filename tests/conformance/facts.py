"""Tests: a case as the facts that settlement hears of it."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from deploy.demo.cases.case import Case
from deploy.demo.cases.claims import DecidedClaim, claims_of
from deploy.demo.cases.participants import participants_of
from deploy.demo.cases.parties import ORGANISATIONS, PARTIES
from services.core.measurement import Measurement
from services.core.subjects import subject_id_of
from services.core.terms.model import Agreement
from services.events.contracts import ContractActivated
from services.events.outcomes import OutcomeClaimed, OutcomeRejected, OutcomeVerified, ParticipantEnrolled
from services.kit.doors import shapes

NAMESPACE = uuid.UUID("6b0c3c55-7c1e-4f6e-8f4a-0d4d3a5d9a11")
"""What the ids of a case's contract, claims and participants are made from."""
DECIDED_AT = datetime(2099, 1, 1, tzinfo=UTC)
HEADING = ("title", "decisionRef", "procurementRef")

Fact = ContractActivated | ParticipantEnrolled | OutcomeClaimed | OutcomeVerified | OutcomeRejected


def agreement_of(case: Case) -> Agreement:
    """What the parties of a case sign."""
    body = case.contract_between(ORGANISATIONS)
    return shapes.read(Agreement, {name: value for name, value in body.items() if name not in HEADING})


def contract_id_of(case: Case) -> uuid.UUID:
    """The id of a case's contract, always the same."""
    return uuid.uuid5(NAMESPACE, case.id)


def activated(case: Case) -> ContractActivated:
    """The case's contract, as other services are told of it."""
    body = case.contract_between(ORGANISATIONS)
    agreed = {name: value for name, value in body.items() if name not in HEADING}
    names = {party.organisation: party.title for party in PARTIES.values()}
    parties = [{**party, "name": names[party["organisationId"]]} for party in body["parties"]]
    frame = {"contractId": str(contract_id_of(case)), "title": case.title, "version": 1, "root": "0" * 64}
    return shapes.read(ContractActivated, {**agreed, **frame, "parties": parties})


def facts_of(case: Case) -> list[Fact]:
    """Everything that is told of a case, in the order in which it is said."""
    facts: list[Fact] = [activated(case), *_enrolled(case)]
    for claimed in claims_of(case):
        claim = _claim(case, claimed)
        facts.append(claim)
        if claimed.decision == "verified":
            facts.append(
                OutcomeVerified(contract_id=claim.contract_id, claim_id=claim.claim_id, **_decision(case, claim))
            )
        elif claimed.decision == "rejected":
            decision = {**_decision(case, claim), "reason": "evidence_insufficient"}
            facts.append(OutcomeRejected(contract_id=claim.contract_id, claim_id=claim.claim_id, **decision))
    return facts


def _enrolled(case: Case) -> list[ParticipantEnrolled]:
    return [
        ParticipantEnrolled(
            contract_id=contract_id_of(case),
            subject_id=_participant(case, participant.key),
            cohort=participant.cohort,
            enrolled_on=participant.enrolled_on,
        )
        for participant in participants_of(case)
    ]


def _participant(case: Case, key: str) -> uuid.UUID:
    return uuid.uuid5(contract_id_of(case), key)


def _claim(case: Case, claimed: DecidedClaim) -> OutcomeClaimed:
    row = claimed.row
    measurement = _measurement(row["measurement"]) if "measurement" in row else None
    return OutcomeClaimed(
        contract_id=contract_id_of(case),
        claim_id=uuid.uuid5(contract_id_of(case), claimed.external_id),
        metric=row["metric"],
        subject_id=_subject(case, row),
        occurrence=row.get("occurrence") or _only_occurrence(case, row["metric"]),
        achieved_on=date.fromisoformat(row["achievedOn"]),
        units=0 if measurement else int(row.get("units", "1")),
        reported_by=ORGANISATIONS[case.part_for(row["metric"], "reportedBy")],
        order_key=claimed.external_id,
        measurement=measurement,
    )


def _measurement(told: Mapping[str, Any]) -> Measurement:
    whole = {"n": int(told["n"])} if "n" in told else {}
    return shapes.read(Measurement, {**told, **whole})


def _subject(case: Case, row: Mapping[str, Any]) -> uuid.UUID:
    if "cohort" in row:
        return subject_id_of(contract_id_of(case), "cohort", row["cohort"])
    if "site" in row:
        return subject_id_of(contract_id_of(case), "site", row["site"])
    return _participant(case, row["participantKey"])


def _only_occurrence(case: Case, metric: str) -> str:
    points = case.metric(metric).get("measurementPoints", ())
    return str(points[0]["code"]) if points else "1"


def _decision(case: Case, claim: OutcomeClaimed) -> dict[str, Any]:
    verifier = ORGANISATIONS[case.part_for(claim.metric, "verifiedBy")]
    return {"decided_by": verifier, "decided_at": DECIDED_AT}
