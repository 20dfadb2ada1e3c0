"""Tests: the verifier decides, on one claim or many."""

from datetime import timedelta
from typing import Any

import pytest

from services.kit.testing import new_key

from ..builders import EVALUATOR, INVESTOR, PAYER, PROVIDER, STRANGER, a_claim
from ..conftest import Ingestion, refused
from .deciding import REJECTED, VERIFIED, claimed, done, last_fact, state


async def test_a_claim_is_verified_and_told(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    answer = await done(ingestion, PAYER, f"{claim}/verification", VERIFIED, 1)
    assert answer.headers["etag"] == '"2"'
    body = answer.json()
    assert body["decision"] == {
        "decision": "verified",
        "decidedBy": PAYER,
        "decidedAt": body["decision"]["decidedAt"],
    }
    told = await last_fact(ingestion, contract)
    assert (told["type"], told["claimId"], told["decidedBy"]) == ("outcome.verified.v1", body["id"], PAYER)


@pytest.mark.parametrize("decision", ["rejected", "returned"])
async def test_a_rejection_and_a_return_say_why(ingestion: Ingestion, decision: str) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    body = {"decision": decision}
    answer = await ingestion.post(PAYER, f"{claim}/verification", body, version=1)
    refused(answer, 422, "reason-required", "/reason")
    assert answer.json()["errors"][0]["detail"].startswith("One of not_achieved, evidence_missing, ")
    free_text = {**body, "reason": "because I say so"}
    refused(await ingestion.post(PAYER, f"{claim}/verification", free_text, version=1), 422, "shape-not-allowed")
    answer = await done(ingestion, PAYER, f"{claim}/verification", {**body, "reason": "wrong_date"}, 1)
    assert answer.json()["state"] == decision
    told = await last_fact(ingestion, contract)
    assert (told["type"], told["reason"]) == (f"outcome.{decision}.v1", "wrong_date")


async def test_a_decision_names_the_version_that_was_read(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    refused(await ingestion.post(PAYER, f"{claim}/verification", VERIFIED), 428, "version-required")
    refused(await ingestion.post(PAYER, f"{claim}/verification", VERIFIED, version=2), 412, "version-stale")
    await done(ingestion, PAYER, f"{claim}/verification", VERIFIED, 1)
    refused(await ingestion.post(PAYER, f"{claim}/verification", REJECTED, version=1), 412, "version-stale")
    refused(await ingestion.post(PAYER, f"{claim}/verification", REJECTED, version=2), 409, "not-in-this-state")
    again = await done(ingestion, PAYER, f"{claim}/verification", VERIFIED, 1)
    assert again.headers["idempotency-replayed"] == "true"
    assert await state(ingestion, claim) == ("verified", 2)


@pytest.mark.parametrize(
    ("organisation", "status", "code"),
    [
        (PROVIDER, 403, "verifier-not-allowed"),
        (EVALUATOR, 403, "verifier-not-allowed"),
        (INVESTOR, 404, "not-found"),
        (STRANGER, 404, "not-found"),
    ],
)
async def test_nobody_else_verifies(ingestion: Ingestion, organisation: str, status: int, code: str) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    refused(await ingestion.post(organisation, f"{claim}/verification", VERIFIED, version=1), status, code)


async def test_many_are_decided_at_once_and_each_row_is_answered(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=6)
    uploaded = await ingestion.upload(PROVIDER, f"{contract}/claims", [a_claim(number) for number in range(1, 6)])
    registered = await claimed(ingestion, contract, PAYER, number=6, metric="registered", externalId="r")
    other = await claimed(ingestion, await ingestion.contract(people=1))
    ids = [row["id"] for row in uploaded.results]
    rows: list[Any] = [
        {"claimId": ids[0], "version": 1, **VERIFIED},
        {"claimId": ids[1], "version": 1, **REJECTED},
        {"claimId": ids[0], "version": 1, **VERIFIED},
        {"claimId": ids[2], "version": 7, **VERIFIED},
        {"claimId": ids[3], "version": 1, "decision": "rejected"},
        {"claimId": ids[1], "version": 1, **VERIFIED},
        {"claimId": registered[-36:], "version": 1, **VERIFIED},
        {"claimId": other[-36:], "version": 1, **VERIFIED},
        {"claimId": "canary", "version": 1, **VERIFIED},
        {"claimId": ids[4], "version": "1", **VERIFIED},
        {"claimId": ids[4], "version": 1, **VERIFIED},
    ]
    decided = await ingestion.upload(PAYER, f"{contract}/verifications", rows)
    assert decided.kinds()[:3] == ["created", "created", "replayed"]
    assert decided.codes()[3:] == [
        "version-stale",
        "reason-required",
        "version-stale",
        "verifier-not-allowed",
        "not-found",
        "shape-not-allowed",
        "shape-not-allowed",
        None,
    ]
    assert [row.get("claimId") for row in decided.results] == [
        row["claimId"] if row["claimId"] != "canary" else None for row in rows
    ]
    again = await ingestion.upload(PAYER, f"{contract}/verifications", rows)
    assert again.summary == {"created": 0, "replayed": 4, "refused": 7, "failed": 0}
    facts = await ingestion.facts(contract)
    assert [fact["type"] for fact in facts[-3:]] == [
        "outcome.verified.v1",
        "outcome.rejected.v1",
        "outcome.verified.v1",
    ]
    rejected = (await ingestion.get(PAYER, f"{contract}/claims", state="rejected")).json()["items"]
    assert [claim["id"] for claim in rejected] == [ids[1]]


async def test_commands_are_closed_after_the_contracts_last_day(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    ingestion.clock.ahead = timedelta(days=365 * 30)
    for by, noun, body in (
        (PAYER, "verification", VERIFIED),
        (PROVIDER, "withdrawal", {}),
        (PROVIDER, "correction", a_claim(externalId="b")),
    ):
        refused(await ingestion.post(by, f"{claim}/{noun}", body, version=1), 409, "claims-closed")


async def test_a_command_sent_twice_happens_once(ingestion: Ingestion) -> None:
    contract, key = await ingestion.contract(people=1), new_key()
    claim = await claimed(ingestion, contract)
    first, again = [await ingestion.post(PROVIDER, f"{claim}/withdrawal", {}, version=1, key=key) for _ in range(2)]
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert await state(ingestion, claim) == ("withdrawn", 2)


async def test_a_claim_of_others_is_as_one_that_does_not_exist(ingestion: Ingestion) -> None:
    claim = await claimed(ingestion, await ingestion.contract(people=1))
    for organisation in (STRANGER, INVESTOR):
        refused(await ingestion.get(organisation, claim), 404, "not-found")
    refused(await ingestion.get(PAYER, "/v1/claims/019a0000-0000-7000-8000-0000000000ff"), 404, "not-found")
    refused(await ingestion.get(PAYER, "/v1/claims/none"), 404, "not-found")
