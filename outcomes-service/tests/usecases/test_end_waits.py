"""Tests: claims that nobody decides in time: accepted or escalated, once, as the terms say, and never silently."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from outcomes_service.usecases import end_waits
from outcomes_service.usecases.end_waits import MOST_CLAIMS
from services.kit.process import clock
from services.kit.testing import as_admin

from ..api.deciding import REJECTED, VERIFIED, claimed, done, last_fact, state
from ..builders import EVALUATOR, PAYER, PROVIDER, a_claim, a_metric, about_a_site, amended, outcomes
from ..conftest import Ingestion, refused

SITES_ACCEPTED = outcomes(a_metric("served", subject="site", ifNotDecided={"afterDays": 30, "then": "accept"}))


@pytest.fixture(autouse=True)
def at_noon(ingestion: Ingestion) -> None:
    """Tests begin at noon, far from where one day becomes another."""
    tomorrow = clock.now() + timedelta(days=1)
    ingestion.clock.ahead = tomorrow.replace(hour=12, minute=0, second=0) - clock.now()


async def waiting(ingestion: Ingestion, metric: str, **other: Any) -> tuple[str, str]:
    """The paths of a contract, and of a claim on it that waits for its verifier."""
    contract = await ingestion.contract(people=1, **other)
    return contract, await claimed(ingestion, contract, metric=metric)


async def audited(ingestion: Ingestion, claim: str) -> list[tuple[str, str, str]]:
    """What the background process did with a claim: who, what, and how it went."""
    query = "select organisation_id, operation, outcome from audit where object = $1 order by id"
    rows = await as_admin(ingestion.urls, query, claim)
    return [(row["organisation_id"], row["operation"], row["outcome"]) for row in rows]


async def test_a_claim_is_accepted_when_its_days_are_over_and_it_is_said_that_nobody_decided(
    ingestion: Ingestion,
) -> None:
    contract, claim = await waiting(ingestion, "accepted")
    await ingestion.wait(30)
    assert await state(ingestion, claim) == ("submitted", 1)
    await ingestion.wait(1)
    claim_shown = (await ingestion.get(PROVIDER, claim)).json()
    assert (claim_shown["state"], claim_shown["revision"]) == ("verified", 2)
    at = claim_shown["decision"]["decidedAt"]
    assert claim_shown["decision"] == {"decision": "verified", "decidedBy": PAYER, "decidedAt": at, "deemed": True}
    told = await last_fact(ingestion, contract)
    assert (told["type"], told["claimId"], told["decidedBy"]) == ("outcome.verified.v1", claim_shown["id"], PAYER)
    assert told["deemed"] is True
    done_once = [("service:outcomes-service", "accept_undecided", "done")]
    assert await audited(ingestion, claim) == done_once
    await ingestion.wait(1)
    assert await last_fact(ingestion, contract) == told
    assert await audited(ingestion, claim) == done_once


async def test_what_was_accepted_is_disputed_like_any_decision(ingestion: Ingestion) -> None:
    _, claim = await waiting(ingestion, "accepted")
    await ingestion.wait(31)
    refused(await ingestion.post(PAYER, f"{claim}/verification", REJECTED, version=2), 409, "not-in-this-state")
    ingestion.clock.ahead += timedelta(days=30)
    await done(ingestion, PAYER, f"{claim}/dispute", {"reason": "not_achieved"}, 2)
    claim_shown = (await done(ingestion, EVALUATOR, f"{claim}/dispute/decision", REJECTED, 3)).json()
    assert (claim_shown["state"], claim_shown["decision"]["deemed"]) == ("rejected", True)
    assert "deemed" not in claim_shown["dispute"]["decision"]


@pytest.mark.parametrize(("by", "decision"), [(EVALUATOR, VERIFIED), (EVALUATOR, REJECTED), (PAYER, VERIFIED)])
async def test_an_escalated_claim_is_decided_by_whoever_comes_first(
    ingestion: Ingestion, by: str, decision: dict[str, Any]
) -> None:
    contract, claim = await waiting(ingestion, "escalated")
    await ingestion.wait(30)
    refused(await ingestion.post(EVALUATOR, f"{claim}/verification", VERIFIED, version=1), 403, "verifier-not-allowed")
    await ingestion.wait(1)
    claim_shown = (await ingestion.get(EVALUATOR, claim)).json()
    assert (claim_shown["state"], claim_shown["revision"], claim_shown["escalatedTo"]) == ("submitted", 2, EVALUATOR)
    told = await last_fact(ingestion, contract)
    assert (told["type"], told["claimId"], told["escalatedTo"]) == (
        "outcome.escalated.v1",
        claim_shown["id"],
        EVALUATOR,
    )
    assert told["escalatedAt"] == claim_shown["escalatedAt"]
    once = [("service:outcomes-service", "escalate_undecided", "done")]
    assert await audited(ingestion, claim) == once
    await ingestion.wait(60)
    assert await audited(ingestion, claim) == once
    refused(await ingestion.post(PROVIDER, f"{claim}/verification", VERIFIED, version=2), 403, "verifier-not-allowed")
    refused(await ingestion.post(by, f"{claim}/verification", decision, version=1), 412, "version-stale")
    decided = (await done(ingestion, by, f"{claim}/verification", decision, 2)).json()
    assert (decided["state"], decided["decision"]["decidedBy"]) == (decision["decision"], by)
    assert decided["escalatedAt"] == claim_shown["escalatedAt"]
    other = PAYER if by == EVALUATOR else EVALUATOR
    refused(await ingestion.post(other, f"{claim}/verification", VERIFIED, version=3), 409, "not-in-this-state")


async def test_what_was_decided_after_an_escalation_is_disputed_before_the_verifier(ingestion: Ingestion) -> None:
    contract, claim = await waiting(ingestion, "escalated")
    await ingestion.wait(31)
    await done(ingestion, EVALUATOR, f"{claim}/verification", REJECTED, 2)
    await done(ingestion, PROVIDER, f"{claim}/dispute", {"reason": "not_achieved"}, 3)
    path = f"{claim}/dispute/decision"
    refused(await ingestion.post(EVALUATOR, path, VERIFIED, version=4), 403, "decider-not-allowed")
    claim_shown = (await done(ingestion, PAYER, path, VERIFIED, 4)).json()
    assert (claim_shown["state"], claim_shown["dispute"]["decision"]["decidedBy"]) == ("verified", [PAYER])
    assert (await last_fact(ingestion, contract))["type"] == "outcome.dispute_decided.v1"


async def test_escalated_claims_are_decided_many_at_a_time_too(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=3)
    rows = [a_claim(number, metric="escalated") for number in range(1, 4)]
    ids = [row["id"] for row in (await ingestion.upload(PROVIDER, f"{contract}/claims", rows)).results]
    await ingestion.wait(31)
    decisions = [{"claimId": claim_id, "version": 2, **VERIFIED} for claim_id in ids]
    assert (await ingestion.upload(EVALUATOR, f"{contract}/verifications", decisions)).summary["created"] == 3
    shown = (await ingestion.get(PROVIDER, f"{contract}/claims", state="verified")).json()["items"]
    assert [(claim["decision"]["decidedBy"], claim["escalatedTo"]) for claim in shown] == [(EVALUATOR, EVALUATOR)] * 3


@pytest.mark.parametrize("metric", ["accepted", "escalated"])
async def test_what_is_decided_returned_or_taken_back_does_not_wait_for_the_verifier(
    ingestion: Ingestion, metric: str
) -> None:
    contract = await ingestion.contract(people=4)
    claims = [
        await claimed(ingestion, contract, number=number, externalId=str(number) + "x", metric=metric)
        for number in range(1, 5)
    ]
    returned = {**REJECTED, "decision": "returned"}
    for claim, decision in zip(claims, (VERIFIED, REJECTED, returned), strict=False):
        await done(ingestion, PAYER, f"{claim}/verification", decision, 1)
    await done(ingestion, PROVIDER, f"{claims[3]}/withdrawal", {}, 1)
    before = await ingestion.facts(contract)
    await ingestion.wait(31)
    assert await ingestion.facts(contract) == before
    states = [await state(ingestion, claim) for claim in claims]
    assert states == [("verified", 2), ("rejected", 2), ("returned", 2), ("withdrawn", 2)]


async def test_a_correction_starts_anew(ingestion: Ingestion) -> None:
    _, claim = await waiting(ingestion, "accepted")
    await ingestion.wait(20)
    correction = a_claim(externalId="again", metric="accepted", achievedOn="2024-06-04")
    answer = await done(ingestion, PROVIDER, f"{claim}/correction", correction, 1, status=201)
    await ingestion.wait(30)
    assert await state(ingestion, answer.headers["location"]) == ("submitted", 1)
    await ingestion.wait(1)
    assert await state(ingestion, answer.headers["location"]) == ("verified", 2)


async def test_nothing_happens_once_claims_are_closed(ingestion: Ingestion) -> None:
    closes = (clock.now() + timedelta(days=20)).date().isoformat()
    _, claim = await waiting(ingestion, "accepted", claimsCloseOn=closes)
    await ingestion.wait(60)
    assert await state(ingestion, claim) == ("submitted", 1)


@pytest.mark.parametrize("agreed", [{}, {"ifNotDecided": {"afterDays": 5, "then": "accept"}}])
async def test_a_claim_waits_as_long_as_the_terms_say_that_it_was_reported_under(
    ingestion: Ingestion, agreed: dict[str, Any]
) -> None:
    contract, claim = await waiting(ingestion, "escalated")
    await ingestion.take(amended(contract, outcomes=outcomes(a_metric("escalated", **agreed))))
    await ingestion.wait(30)
    assert "escalatedAt" not in (await ingestion.get(PAYER, claim)).json()
    await ingestion.wait(1)
    assert "escalatedAt" in (await ingestion.get(PAYER, claim)).json()


async def test_an_amendment_that_lets_claims_be_decided_longer_wakes_those_that_had_run_out(
    ingestion: Ingestion,
) -> None:
    closes = (clock.now() + timedelta(days=20)).date()
    contract, claim = await waiting(ingestion, "accepted", claimsCloseOn=closes.isoformat())
    await ingestion.wait(60)
    assert await state(ingestion, claim) == ("submitted", 1)
    await ingestion.take(amended(contract, claimsCloseOn=date(2041, 1, 1).isoformat()))
    await ingestion.wait(0)
    assert await state(ingestion, claim) == ("verified", 2)


async def test_many_are_ended_a_batch_at_a_time(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(outcomes=SITES_ACCEPTED)
    rows = [about_a_site(externalId=f"v-{number}", site=f"village-{number}") for number in range(MOST_CLAIMS + 1)]
    assert (await ingestion.upload(PROVIDER, f"{contract}/claims", rows)).summary["created"] == len(rows)
    assert await ingestion.wait(31)
    kinds = [fact["type"] for fact in await ingestion.facts(contract)]
    assert kinds.count("outcome.verified.v1") == MOST_CLAIMS
    await ingestion.wait(0)
    kinds = [fact["type"] for fact in await ingestion.facts(contract)]
    assert kinds.count("outcome.verified.v1") == len(rows)


async def test_no_contract_waits_behind_others(ingestion: Ingestion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_waits, "MOST_CONTRACTS", 2)
    claims = [(await waiting(ingestion, "accepted"))[1] for _ in range(5)]
    await ingestion.wait(31)
    assert [await state(ingestion, claim) for claim in claims] == [("verified", 2)] * 5


async def test_a_verifier_that_decides_at_that_moment_comes_before_or_after_and_never_both(
    ingestion: Ingestion,
) -> None:
    contract = await ingestion.contract(people=20)
    rows = [a_claim(number, metric="accepted") for number in range(1, 21)]
    ids = [row["id"] for row in (await ingestion.upload(PROVIDER, f"{contract}/claims", rows)).results]
    ingestion.clock.ahead += timedelta(days=31)
    answers, _ = await asyncio.gather(
        asyncio.gather(
            *(ingestion.post(PAYER, f"/v1/claims/{claim_id}/verification", REJECTED, version=1) for claim_id in ids[:8])
        ),
        ingestion.wait(0),
    )
    facts = [fact for fact in await ingestion.facts(contract) if fact["type"] in DECIDED]
    assert sorted(fact["claimId"] for fact in facts) == sorted(ids)
    rejected = {fact["claimId"] for fact in facts if fact["type"] == "outcome.rejected.v1"}
    assert rejected == {claim_id for claim_id, answer in zip(ids, answers, strict=False) if answer.status_code == 200}


DECIDED = ("outcome.verified.v1", "outcome.rejected.v1")
