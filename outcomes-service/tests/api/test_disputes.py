"""Tests: a decision is contested, and decided once more."""

from datetime import timedelta

import pytest

from ..builders import EVALUATOR, PAYER, PROVIDER, a_claim
from ..conftest import Ingestion, refused
from .deciding import REJECTED, VERIFIED, claimed, disputed, done, last_fact


@pytest.mark.parametrize("by", [PAYER, PROVIDER])
async def test_a_dispute_is_decided_by_whom_the_terms_name(ingestion: Ingestion, by: str) -> None:
    contract, claim = await disputed(ingestion, by=by)
    assert (await last_fact(ingestion, contract))["disputedBy"] == by
    for other in (PAYER, PROVIDER):
        answer = await ingestion.post(other, f"{claim}/dispute/decision", REJECTED, version=3)
        refused(answer, 403, "decider-not-allowed")
    answer = await done(ingestion, EVALUATOR, f"{claim}/dispute/decision", REJECTED, 3)
    body = answer.json()
    assert body["state"] == "rejected"
    assert body["decision"]["decision"] == "verified"
    assert body["dispute"]["disputedBy"] == by
    assert body["dispute"]["decision"]["decidedBy"] == [EVALUATOR]
    told = await last_fact(ingestion, contract)
    assert (told["type"], told["decision"]) == ("outcome.dispute_decided.v1", "rejected")
    assert told["decidedBy"] == [EVALUATOR]
    assert (await ingestion.get(PROVIDER, claim)).json() == body
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
    assert [statement["decidedBy"] for statement in first.json()["dispute"]["statements"]] == [PROVIDER]
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
