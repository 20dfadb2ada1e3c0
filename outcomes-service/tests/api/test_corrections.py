"""Tests: a claim is taken back, or another takes its place."""

from typing import Any

import pytest

from ..builders import PAYER, PROVIDER, a_claim, a_key
from ..conftest import Ingestion, refused
from .deciding import REJECTED, VERIFIED, claimed, disputed, done, last_fact, state


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
