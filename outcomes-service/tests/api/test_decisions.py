"""Tests: verification, dispute, withdrawal and correction, through the doors."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.kit.testing import new_key

from ..builders import EVALUATOR, INVESTOR, PAYER, PROVIDER, STRANGER, a_claim, a_key  # noqa: TID252
from ..conftest import Ingestion, refused  # noqa: TID252

VERIFIED: dict[str, Any] = {"decision": "verified"}
REJECTED: dict[str, Any] = {"decision": "rejected", "reason": "evidence_insufficient"}


async def claimed(ingestion: Ingestion, contract: str, by: str = PROVIDER, **other: Any) -> str:
    """The path of a claim."""
    answer = await ingestion.post(by, f"{contract}/claims", a_claim(**other))
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def done(ingestion: Ingestion, by: str, path: str, body: Any, version: int, status: int = 200) -> httpx.Response:
    answer = await ingestion.post(by, path, body, version=version)
    assert answer.status_code == status, answer.text
    return answer


async def state(ingestion: Ingestion, claim: str) -> tuple[str, int]:
    said = (await ingestion.get(PAYER, claim)).json()
    return said["state"], said["revision"]


async def last_fact(ingestion: Ingestion, contract: str) -> dict[str, Any]:
    return (await ingestion.facts(contract))[-1]


async def test_a_claim_is_verified_and_told(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    answer = await done(ingestion, PAYER, f"{claim}/verification", VERIFIED, 1)
    assert answer.headers["etag"] == '"2"'
    said = answer.json()
    assert said["decision"] == {
        "decision": "verified",
        "decidedBy": PAYER,
        "decidedAt": said["decision"]["decidedAt"],
    }
    told = await last_fact(ingestion, contract)
    assert (told["type"], told["claimId"], told["decidedBy"]) == ("outcome.verified.v1", said["id"], PAYER)


@pytest.mark.parametrize("decision", ["rejected", "returned"])
async def test_a_rejection_and_a_return_say_why(ingestion: Ingestion, decision: str) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    body = {"decision": decision}
    refused(await ingestion.post(PAYER, f"{claim}/verification", body, version=1), 422, "reason-required", "/reason")
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


async def disputed(ingestion: Ingestion, metric: str = "employed", by: str = PAYER) -> tuple[str, str]:
    """A contract, and a claim that was verified and is disputed (revision 3)."""
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract, metric=metric)
    await done(ingestion, PAYER, f"{claim}/verification", VERIFIED, 1)
    answer = await done(ingestion, by, f"{claim}/dispute", {"reason": "not_achieved"}, 2)
    assert (answer.json()["state"], answer.json()["decision"]["decision"]) == ("disputed", "verified")
    return contract, claim


@pytest.mark.parametrize("by", [PAYER, PROVIDER])
async def test_a_dispute_is_decided_by_whom_the_terms_name(ingestion: Ingestion, by: str) -> None:
    contract, claim = await disputed(ingestion, by=by)
    assert (await last_fact(ingestion, contract))["disputedBy"] == by
    for other in (PAYER, PROVIDER):
        answer = await ingestion.post(other, f"{claim}/dispute/decision", REJECTED, version=3)
        refused(answer, 403, "decider-not-allowed")
    answer = await done(ingestion, EVALUATOR, f"{claim}/dispute/decision", REJECTED, 3)
    said = answer.json()
    assert said["state"] == "rejected"
    assert said["decision"]["decision"] == "verified"
    assert said["dispute"]["disputedBy"] == by
    assert said["dispute"]["decision"]["decidedBy"] == [EVALUATOR]
    told = await last_fact(ingestion, contract)
    assert (told["type"], told["decision"]) == ("outcome.dispute_decided.v1", "rejected")
    assert told["decidedBy"] == [EVALUATOR]
    assert (await ingestion.get(PROVIDER, claim)).json() == said
    again = await ingestion.post(PROVIDER, f"{claim}/dispute", {"reason": "duplicate"}, version=4)
    refused(again, 409, "dispute-final")


async def test_an_evaluator_does_not_dispute(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    body = {"reason": "not_achieved"}
    refused(await ingestion.post(PROVIDER, f"{claim}/dispute", body, version=1), 409, "not-in-this-state")
    await done(ingestion, PAYER, f"{claim}/verification", VERIFIED, 1)
    refused(await ingestion.post(EVALUATOR, f"{claim}/dispute", body, version=2), 403, "role-not-allowed")


async def test_by_agreement_both_must_state_the_same(ingestion: Ingestion) -> None:
    contract, claim = await disputed(ingestion, "agreed")
    path = f"{claim}/dispute/decision"
    first = await done(ingestion, PROVIDER, path, VERIFIED, 3)
    assert first.json()["state"] == "disputed"
    assert [one["decidedBy"] for one in first.json()["dispute"]["statements"]] == [PROVIDER]
    assert (await last_fact(ingestion, contract))["type"] == "outcome.disputed.v1"
    other = await done(ingestion, PAYER, path, REJECTED, 4)
    assert other.json()["state"] == "disputed"
    agreed = await done(ingestion, PAYER, path, VERIFIED, 5)
    assert agreed.json()["state"] == "verified"
    assert agreed.json()["dispute"]["decision"]["decidedBy"] == [PROVIDER, PAYER]
    assert (await last_fact(ingestion, contract))["decidedBy"] == [PROVIDER, PAYER]


async def test_a_dispute_has_a_deadline(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    await done(ingestion, PAYER, f"{claim}/verification", VERIFIED, 1)
    ingestion.clock.ahead = timedelta(days=31)
    answer = await ingestion.post(PROVIDER, f"{claim}/dispute", {"reason": "not_achieved"}, version=2)
    refused(answer, 409, "dispute-too-late")


async def test_a_rejected_claim_whose_place_was_taken_is_not_disputed(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    await done(ingestion, PAYER, f"{claim}/verification", REJECTED, 1)
    second = await claimed(ingestion, contract, externalId="second")
    body = {"reason": "evidence_missing"}
    refused(await ingestion.post(PROVIDER, f"{claim}/dispute", body, version=2), 409, "occurrence-taken")
    await done(ingestion, PROVIDER, f"{second}/withdrawal", {}, 1)
    assert (await done(ingestion, PROVIDER, f"{claim}/dispute", body, 2)).json()["state"] == "disputed"
    third = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(externalId="third"))
    refused(third, 409, "occurrence-taken")


@pytest.mark.parametrize("decision", [None, VERIFIED, {"decision": "returned", "reason": "wrong_date"}])
async def test_the_reporter_takes_back_what_was_not_rejected(ingestion: Ingestion, decision: Any) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    version = 1
    if decision:
        await done(ingestion, PAYER, f"{claim}/verification", decision, 1)
        version = 2
    refused(await ingestion.post(PAYER, f"{claim}/withdrawal", {}, version=version), 403, "reporter-not-allowed")
    answer = await done(ingestion, PROVIDER, f"{claim}/withdrawal", {}, version)
    assert answer.json()["state"] == "withdrawn"
    assert (await last_fact(ingestion, contract))["type"] == "outcome.withdrawn.v1"
    assert (await claimed(ingestion, contract, externalId="again")) != claim


async def test_a_disputed_claim_may_be_taken_back_and_a_rejected_one_needs_not(ingestion: Ingestion) -> None:
    _, claim = await disputed(ingestion)
    await done(ingestion, PROVIDER, f"{claim}/withdrawal", {}, 3)
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    await done(ingestion, PAYER, f"{claim}/verification", REJECTED, 1)
    answer = await ingestion.post(PROVIDER, f"{claim}/withdrawal", {}, version=2)
    refused(answer, 409, "not-in-this-state")


@pytest.mark.parametrize("decision", [None, VERIFIED, {"decision": "returned", "reason": "wrong_date"}])
async def test_a_correction_takes_the_place_of_what_it_corrects(ingestion: Ingestion, decision: Any) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    version = 1
    if decision:
        await done(ingestion, PAYER, f"{claim}/verification", decision, 1)
        version = 2
    corrected = a_claim(externalId="claim-1b", achievedOn="2024-06-05")
    answer = await done(ingestion, PROVIDER, f"{claim}/correction", corrected, version, 201)
    new = answer.json()
    assert (new["state"], new["occurrence"], new["corrects"]) == ("submitted", "1", claim[-36:])
    old = (await ingestion.get(PAYER, claim)).json()
    assert (old["state"], old["supersededBy"]) == ("superseded", new["id"])
    superseded, told = (await ingestion.facts(contract))[-2:]
    assert (superseded["type"], superseded["supersededBy"]) == ("outcome.superseded.v1", new["id"])
    assert (told["type"], told["claimId"], told["corrects"]) == ("outcome.claimed.v1", new["id"], old["id"])


async def test_a_correction_sent_again_is_replayed(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    claim = await claimed(ingestion, contract)
    corrected = a_claim(externalId="claim-1b", units="2")
    first = await done(ingestion, PROVIDER, f"{claim}/correction", corrected, 1, 201)
    again = await done(ingestion, PROVIDER, f"{claim}/correction", corrected, 1)
    assert again.json() == first.json()
    other = await ingestion.post(PROVIDER, f"{claim}/correction", {**corrected, "units": "3"}, version=1)
    refused(other, 409, "external-id-taken")
    as_new = await ingestion.post(PROVIDER, f"{contract}/claims", corrected)
    refused(as_new, 409, "external-id-taken")


async def test_a_correction_that_cannot_be_a_claim_leaves_the_old_one_as_it_was(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2)
    claim = await claimed(ingestion, contract)
    await claimed(ingestion, contract, number=2)
    path = f"{claim}/correction"
    cases: tuple[tuple[dict[str, Any], int, str], ...] = (
        ({"externalId": "claim-1"}, 409, "external-id-taken"),
        ({"metric": "unheard-of"}, 422, "unknown-metric"),
        ({"participantKey": a_key(2)}, 409, "occurrence-taken"),
        ({"participantKey": a_key(3)}, 422, "not-enrolled"),
        ({"metric": "registered"}, 403, "reporter-not-allowed"),
    )
    for other, status, code in cases:
        body = a_claim(**{"externalId": "claim-1b", **other})
        refused(await ingestion.post(PROVIDER, path, body, version=1), status, code)
    stale = await ingestion.post(PROVIDER, path, a_claim(externalId="claim-1b"), version=2)
    refused(stale, 412, "version-stale")
    not_theirs = await ingestion.post(PAYER, path, a_claim(externalId="claim-1b"), version=1)
    refused(not_theirs, 403, "reporter-not-allowed")
    assert await state(ingestion, claim) == ("submitted", 1)
    assert len(await ingestion.facts(contract)) == 4


@pytest.mark.parametrize("decision", [REJECTED, "dispute"])
async def test_a_rejected_or_disputed_claim_is_not_corrected(ingestion: Ingestion, decision: Any) -> None:
    if decision == "dispute":
        _, claim = await disputed(ingestion)
        version = 3
    else:
        claim = await claimed(ingestion, await ingestion.contract(people=1))
        await done(ingestion, PAYER, f"{claim}/verification", decision, 1)
        version = 2
    answer = await ingestion.post(PROVIDER, f"{claim}/correction", a_claim(externalId="b"), version=version)
    refused(answer, 409, "not-in-this-state")


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
