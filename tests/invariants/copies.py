"""Tests: whether every copy is the fold of its events, in its owner's house and in others' (invariant 9)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .claims import fold
from .recompute import CONTRACTS, OUTCOMES
from .snapshot import Row, Snapshot, bodies

CONTRACT_STATES = {
    "contract.proposed": "proposed",
    "contract.activated": "active",
    "contract.terminated": "terminated",
}


def copies_are_folds(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    """9: for one contract: its state in the registry, its copies in outcomes and settlement, and its claims."""
    facts = snapshot.of_contract(contract_id)
    said = bodies(facts, CONTRACTS)
    yield from _registry(snapshot, contract_id, said)
    activated = [body for type_, body in said if type_ == "eu.enzym.contract.activated.v1"][-1]
    ended = [body["terminatedOn"] for type_, body in said if type_ == "eu.enzym.contract.terminated.v1"]
    terminated_on = ended[-1] if ended else None
    yield from _at_outcomes(snapshot, contract_id, activated, terminated_on)
    yield from _at_settlement(snapshot, contract_id, activated, terminated_on)
    claims = fold(bodies(facts, OUTCOMES))
    yield from _claims(snapshot, contract_id, "outcomes", {one.id: one for one in claims.values()})
    yield from _claims(snapshot, contract_id, "settlement", {one.id: one for one in claims.values()})
    yield from _participants(snapshot, contract_id)
    yield from _inputs(snapshot, contract_id)


def _one(snapshot: Snapshot, service: str, contract_id: str) -> Row | None:
    return next((row for row in snapshot.rows(service, "contract") if row["id"] == contract_id), None)


def _registry(snapshot: Snapshot, contract_id: str, said: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    states = [CONTRACT_STATES.get(type_.removeprefix("eu.enzym.").rpartition(".")[0]) for type_, _ in said]
    state = [one for one in states if one is not None][-1]
    row = _one(snapshot, "contracts", contract_id)
    if row is None or row["state"] != state:
        yield f"9: contracts-service: {contract_id} is {row and row['state']}, its facts say {state}"
    signed = {body["organisationId"] for type_, body in said if type_ == "eu.enzym.contract.signed.v1"}
    kept = {
        row["organisation_id"] for row in snapshot.rows("contracts", "signature") if row["contract_id"] == contract_id
    }
    if signed != kept:
        yield f"9: contracts-service: {contract_id}: signatures {sorted(kept)}, facts say {sorted(signed)}"


def _at_outcomes(
    snapshot: Snapshot, contract_id: str, activated: Mapping[str, Any], terminated_on: str | None
) -> Iterator[str]:
    row = _one(snapshot, "outcomes", contract_id)
    if row is None:
        yield f"9: outcomes-service does not know {contract_id}"
        return
    found = {
        "terms_version": activated["version"],
        "time_zone": activated["timeZone"],
        "outcome_start": activated["outcomePeriod"]["start"],
        "outcome_end": activated["outcomePeriod"]["end"],
        "claims_close_on": activated["claimsCloseOn"],
        "terminated_on": terminated_on,
    }
    for name, value in found.items():
        if row[name] != value:
            yield f"9: outcomes-service: {contract_id}: {name} is {row[name]}, its facts say {value}"
    metrics = {
        (one["code"], one["reported_by"], one["verified_by"], one["disputes_decided_by"])
        for one in snapshot.rows("outcomes", "metric")
        if one["contract_id"] == contract_id
    }
    said = {
        (one["code"], one["reportedBy"], one["verifiedBy"], one["disputesDecidedBy"])
        for one in activated["outcomes"]["metrics"]
    }
    if metrics != said:
        yield f"9: outcomes-service: {contract_id}: metrics differ: {sorted(metrics ^ said)}"


def _at_settlement(
    snapshot: Snapshot, contract_id: str, activated: Mapping[str, Any], terminated_on: str | None
) -> Iterator[str]:
    row = _one(snapshot, "settlement", contract_id)
    if row is None or row["activation"] is None:
        yield f"9: settlement-service does not know {contract_id}"
        return
    if json.loads(row["activation"]) != activated:
        yield f"9: settlement-service: {contract_id}: the activation differs from what was said"
    if row["terminated_on"] != terminated_on:
        yield f"9: settlement-service: {contract_id}: terminated on {row['terminated_on']}, facts say {terminated_on}"


def _claims(snapshot: Snapshot, contract_id: str, service: str, claims: Mapping[str, Any]) -> Iterator[str]:
    rows = {row["id"]: row for row in snapshot.rows(service, "claim") if row["contract_id"] == contract_id}
    for claim_id in rows.keys() ^ claims.keys():
        where = "has no fact" if claim_id in rows else f"is not in {service}-service"
        yield f"9: claim {claim_id} {where}"
    for claim_id in rows.keys() & claims.keys():
        row, claim = rows[claim_id], claims[claim_id]
        state = "disputed" if claim.disputed and service == "outcomes" else claim.state
        told = (claim.subject, claim.occurrence, claim.achieved_on, claim.units, claim.superseded_by, state)
        names = ("subject_id", "occurrence", "achieved_on", "units", "superseded_by", "state")
        kept = tuple(row[name] for name in names)
        if kept != told:
            yield f"9: {service}-service: claim {claim_id} is {kept}, its facts say {told}"


def _participants(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    kept = {
        (row["subject_id"], row["cohort"], row["enrolled_on"])
        for row in snapshot.rows("outcomes", "enrolment")
        if row["contract_id"] == contract_id
    }
    told = {
        (body["subjectId"], body["cohort"], body["enrolledOn"])
        for type_, body in bodies(snapshot.of_contract(contract_id), OUTCOMES)
        if type_ == "eu.enzym.participant.enrolled.v1"
    }
    if kept != told:
        yield f"9: outcomes-service: {contract_id}: {len(kept)} enrolments, its facts say {len(told)}"


def _inputs(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    """Settlement's log of inputs holds each fact of the others once, word for word."""
    rows = [row for row in snapshot.rows("settlement", "input") if row["contract_id"] == contract_id]
    kept = {
        (row["source"], row["sequence"]): json.loads(row["body"])["fact"]
        for row in rows
        if row["source"] in (CONTRACTS, OUTCOMES)
    }
    told = {(fact.source, fact.sequence): json.loads(fact.body) for fact in snapshot.of_contract(contract_id)}
    for key, fact in kept.items():
        if told.get(key) != fact:
            yield f"9: settlement-service: input {key} of {contract_id} differs from what was said"
    for source, sequence in told.keys() - kept.keys():
        if source == OUTCOMES:
            yield f"9: settlement-service: input {(source, sequence)} of {contract_id} is missing"
    if sorted(row["position"] for row in rows) != list(range(1, len(rows) + 1)):
        yield f"9: settlement-service: positions of inputs of {contract_id} have a gap"
