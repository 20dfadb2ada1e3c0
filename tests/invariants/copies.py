"""Tests: whether every copy is the fold of its events, in its owner's house and in others' (invariant 9)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .claims import fold, noun_of
from .recompute import CONTRACTS, IN_FORCE, OUTCOMES
from .snapshot import Row, Snapshot, bodies

CONTRACT_STATES = {
    "contract.proposed": "proposed",
    "contract.activated": "active",
    "contract.suspended": "suspended",
    "contract.resumed": "active",
    "contract.completed": "completed",
    "contract.terminated": "terminated",
}
NOT_OF_SETTLEMENT = ("contract.proposed", "contract.signed")
"""Facts that no money rests on."""


def copies_are_folds(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    """9: for one contract: its state in the registry, its copies in outcomes and settlement, and its claims."""
    facts = snapshot.of_contract(contract_id)
    events = bodies(facts, CONTRACTS)
    yield from _registry(snapshot, contract_id, events)
    in_force = [body for type_, body in events if noun_of(type_) in IN_FORCE]
    ended = [body["terminatedOn"] for type_, body in events if type_ == "eu.enzym.contract.terminated.v1"]
    terminated_on = ended[-1] if ended else None
    yield from _at_outcomes(snapshot, contract_id, in_force, terminated_on)
    yield from _at_settlement(snapshot, contract_id, events, terminated_on)
    claims = fold(bodies(facts, OUTCOMES))
    yield from _claims(snapshot, contract_id, "outcomes", {claim.id: claim for claim in claims.values()})
    yield from _claims(snapshot, contract_id, "settlement", {claim.id: claim for claim in claims.values()})
    yield from _participants(snapshot, contract_id)
    yield from _inputs(snapshot, contract_id)


def _one(snapshot: Snapshot, service: str, contract_id: str) -> Row | None:
    return next((row for row in snapshot.rows(service, "contract") if row["id"] == contract_id), None)


def _registry(snapshot: Snapshot, contract_id: str, events: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    first = [noun_of(type_) for type_, _ in events].index("contract.activated")
    later = [
        CONTRACT_STATES.get(noun_of(type_)) for type_, _ in events[first:] if noun_of(type_) != "contract.proposed"
    ]
    state = [known for known in later if known is not None][-1]
    row = _one(snapshot, "contracts", contract_id)
    if row is None or row["state"] != state:
        yield f"9: contracts-service: {contract_id} is {row and row['state']}, its facts say {state}"
    signed = {body["organisationId"] for type_, body in events if type_ == "eu.enzym.contract.signed.v1"}
    kept = {
        row["organisation_id"] for row in snapshot.rows("contracts", "signature") if row["contract_id"] == contract_id
    }
    if signed != kept:
        yield f"9: contracts-service: {contract_id}: signatures {sorted(kept)}, facts say {sorted(signed)}"


def _at_outcomes(
    snapshot: Snapshot, contract_id: str, in_force: Sequence[Mapping[str, Any]], terminated_on: str | None
) -> Iterator[str]:
    row = _one(snapshot, "outcomes", contract_id)
    if row is None:
        yield f"9: outcomes-service does not know {contract_id}"
        return
    newest = in_force[-1]
    versions = [terms["version"] for terms in in_force]
    known = [terms["version"] for terms in row["terms"]] if "terms" in row else [row["terms_version"]]
    if known != versions:
        yield f"9: outcomes-service: {contract_id}: versions {known} of the terms, its facts say {versions}"
    expected = {
        "time_zone": newest["timeZone"],
        "outcome_start": newest["outcomePeriod"]["start"],
        "outcome_end": newest["outcomePeriod"]["end"],
        "claims_close_on": newest["claimsCloseOn"],
        "terminated_on": terminated_on,
    }
    for name, value in expected.items():
        if row[name] != value:
            yield f"9: outcomes-service: {contract_id}: {name} is {row[name]}, its facts say {value}"
    metrics = {
        (metric["code"], metric["reported_by"], metric["verified_by"], metric["disputes_decided_by"])
        for metric in snapshot.rows("outcomes", "metric")
        if metric["contract_id"] == contract_id
    }
    by_code = {metric["code"]: metric for version in in_force for metric in version["outcomes"]["metrics"]}
    agreed = {
        (metric["code"], metric["reportedBy"], metric["verifiedBy"], metric["disputesDecidedBy"])
        for metric in by_code.values()
    }
    codes = {metric["code"] for metric in newest["outcomes"]["metrics"]}
    if not metrics >= {row for row in agreed if row[0] in codes} or (len(in_force) == 1 and metrics != agreed):
        yield f"9: outcomes-service: {contract_id}: metrics differ: {sorted(metrics ^ agreed)}"


def _at_settlement(
    snapshot: Snapshot, contract_id: str, events: Sequence[tuple[str, dict[str, Any]]], terminated_on: str | None
) -> Iterator[str]:
    row = _one(snapshot, "settlement", contract_id)
    if row is None or row["activation"] is None:
        yield f"9: settlement-service does not know {contract_id}"
        return
    in_force = [body for type_, body in events if noun_of(type_) in IN_FORCE]
    if [json.loads(text) for text in (row["activation"], *row["amendments"])] != in_force:
        yield f"9: settlement-service: {contract_id}: the terms in force differ from what was said"
    if row["terminated_on"] != terminated_on:
        yield f"9: settlement-service: {contract_id}: terminated on {row['terminated_on']}, facts say {terminated_on}"
    changing = ("contract.suspended", "contract.resumed", "contract.terminated")
    running = [noun_of(type_) for type_, _ in events if noun_of(type_) in changing]
    suspended = running[-1:] == ["contract.suspended"]
    if row["suspended"] != suspended:
        yield f"9: settlement-service: {contract_id}: suspended is {row['suspended']}, facts say {suspended}"


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
        if row.get("measurement") != claim.measurement:
            yield f"9: {service}-service: claim {claim_id} has another measurement than its facts say"
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
    copied = {
        (row["subject_id"], row["cohort"], row["enrolled_on"])
        for row in snapshot.rows("settlement", "enrolment")
        if row["contract_id"] == contract_id
    }
    if copied != told:
        yield f"9: settlement-service: {contract_id}: {len(copied)} enrolments, its facts say {len(told)}"


def _inputs(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    """Settlement's log of inputs holds each fact of the others once, word for word."""
    rows = [row for row in snapshot.rows("settlement", "input") if row["contract_id"] == contract_id]
    kept = {
        (row["source"], row["sequence"]): json.loads(row["body"])["fact"]
        for row in rows
        if row["source"] in (CONTRACTS, OUTCOMES)
    }
    facts = [fact for fact in snapshot.of_contract(contract_id) if fact.source in (CONTRACTS, OUTCOMES)]
    told = {(fact.source, fact.sequence): json.loads(fact.body) for fact in facts}
    needed = {(fact.source, fact.sequence) for fact in facts if noun_of(fact.type) not in NOT_OF_SETTLEMENT}
    for key, fact in kept.items():
        if told.get(key) != fact:
            yield f"9: settlement-service: input {key} of {contract_id} differs from what was said"
    for missing in sorted(needed - kept.keys()):
        yield f"9: settlement-service: input {missing} of {contract_id} is missing"
    if sorted(row["position"] for row in rows) != list(range(1, len(rows) + 1)):
        yield f"9: settlement-service: positions of inputs of {contract_id} have a gap"
