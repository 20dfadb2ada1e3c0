"""Tests: versions of the terms side by side: each claim is judged by the terms that decide on its day."""

from typing import Any
from uuid import UUID

import pytest

from outcomes_service.consumers.contracts import HANDLERS
from services.events import CATALOGUE
from services.events.contracts import (
    TOPIC,
    ContractCompleted,
    ContractResumed,
    ContractSuspended,
    ContractTerminated,
)
from services.kit.bus.binary import outgoing
from services.kit.bus.interface import Record
from services.kit.facts.inbox import Inbox
from services.kit.testing import as_admin

from ..api.deciding import VERIFIED, claimed, done
from ..builders import (
    EVALUATOR,
    INVESTOR,
    METRICS,
    PAYER,
    PROVIDER,
    ROLES,
    a_claim,
    a_metric,
    about_a_cohort,
    activated,
    amended,
    an_enrolment,
    outcomes,
)
from ..conftest import Ingestion, envelope_of, refused

NEWCOMER = "0088:9521000000063"
IN_2024, IN_2025 = "2024-06-03", "2025-06-03"
NEWER = outcomes(
    a_metric("employed", maxPaymentsPerPerson=2, verifiedBy=EVALUATOR, disputesDecidedBy="agreement"),
    a_metric("housed"),
)
RETROACTIVE = {"payment": {"rules": [], "retroactive": True}}


async def code_of(ingestion: Ingestion, contract: str, claim: dict[str, Any]) -> str | None:
    """Why a claim is refused, if it is."""
    answer = await ingestion.post(PROVIDER, f"{contract}/claims", claim)
    return None if answer.is_success else str(answer.json()["code"])


@pytest.mark.parametrize(
    ("claim", "by_its_day", "by_the_newer"),
    [
        (a_claim(achievedOn=IN_2024), None, "occurrence-required"),
        (a_claim(achievedOn=IN_2025), "occurrence-required", "occurrence-required"),
        (a_claim(achievedOn=IN_2024, occurrence="2"), "occurrence-unknown", None),
        (a_claim(achievedOn=IN_2025, occurrence="2"), None, None),
        (a_claim(achievedOn="2024-12-31", metric="housed"), "unknown-metric", None),
        (a_claim(achievedOn="2025-01-01", metric="housed"), None, None),
        (a_claim(achievedOn=IN_2024, metric="trained", occurrence="1"), None, "unknown-metric"),
        (a_claim(achievedOn=IN_2025, metric="trained", occurrence="1"), "unknown-metric", "unknown-metric"),
    ],
)
async def test_the_terms_of_the_day_decide_unless_newer_ones_are_retroactive(
    ingestion: Ingestion, claim: dict[str, Any], by_its_day: str | None, by_the_newer: str | None
) -> None:
    beside, retroactive = [await ingestion.contract(people=1) for _ in range(2)]
    await ingestion.take(amended(beside, outcomes=NEWER))
    await ingestion.take(amended(retroactive, outcomes=NEWER, **RETROACTIVE))
    assert await code_of(ingestion, beside, claim) == by_its_day
    assert await code_of(ingestion, retroactive, claim) == by_the_newer


async def test_of_several_newer_terms_the_newest_in_effect_decides(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    first, second = outcomes(a_metric("housed")), outcomes(a_metric("healed"))
    await ingestion.take(amended(contract, outcomes=first, **RETROACTIVE))
    await ingestion.take(amended(contract, outcomes=second, version=3, effectiveFrom="2026-01-01"))
    assert await code_of(ingestion, contract, a_claim(achievedOn=IN_2024)) == "unknown-metric"
    assert await code_of(ingestion, contract, a_claim(achievedOn=IN_2024, metric="housed")) is None
    assert (
        await code_of(ingestion, contract, a_claim(externalId="b", achievedOn="2026-01-01", metric="housed"))
        == "unknown-metric"
    )
    assert await code_of(ingestion, contract, a_claim(externalId="b", achievedOn="2026-01-01", metric="healed")) is None


async def test_claims_that_are_there_keep_the_metric_of_their_version(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2)
    old = await claimed(ingestion, contract)
    await ingestion.take(amended(contract, outcomes=NEWER, **RETROACTIVE))
    new = await claimed(ingestion, contract, number=2, occurrence="1")
    refused(await ingestion.post(EVALUATOR, f"{old}/verification", VERIFIED, version=1), 403, "verifier-not-allowed")
    await done(ingestion, PAYER, f"{old}/verification", VERIFIED, 1)
    refused(await ingestion.post(PAYER, f"{new}/verification", VERIFIED, version=1), 403, "verifier-not-allowed")
    await done(ingestion, EVALUATOR, f"{new}/verification", VERIFIED, 1)
    listed = (await ingestion.get(PAYER, f"{contract}/claims", metric="employed")).json()["items"]
    assert [claim["id"] for claim in listed] == [old[-36:], new[-36:]]


async def test_live_claims_never_share_an_occurrence_across_versions(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    old = await claimed(ingestion, contract)
    await ingestion.take(amended(contract, outcomes=NEWER))
    twin = a_claim(externalId="twin", achievedOn=IN_2025, occurrence="1")
    assert await code_of(ingestion, contract, twin) == "occurrence-taken"
    assert await code_of(ingestion, contract, {**twin, "occurrence": "2"}) is None
    await done(ingestion, PROVIDER, f"{old}/correction", {**twin, "externalId": "corrected"}, 1, 201)


async def test_a_claim_sent_again_after_an_amendment_is_replayed(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    await claimed(ingestion, contract, occurrence="1")
    await ingestion.take(amended(contract, outcomes=NEWER, **RETROACTIVE))
    again = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(occurrence="1"))
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")


async def people(ingestion: Ingestion, contract: str) -> dict[str, int]:
    cohorts = (await ingestion.get(PAYER, f"{contract}/cohorts")).json()["items"]
    return {cohort["code"]: cohort["people"] for cohort in cohorts}


async def test_whoever_was_in_a_cohort_is_counted_there_still(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=3)
    await ingestion.take(amended(contract, outcomes=outcomes(a_metric("employed"), cohorts=["first", "third"])))
    assert await people(ingestion, contract) == {"first": 3, "third": 0}
    path = f"{contract}/participants"
    rows = [an_enrolment(4), an_enrolment(1), an_enrolment(1, cohort="third"), an_enrolment(2, cohort="second")]
    uploaded = await ingestion.upload(PROVIDER, path, rows)
    assert uploaded.kinds() == ["created", "replayed", "created", "refused"]
    assert uploaded.codes()[-1] == "cohort-unknown"
    assert await people(ingestion, contract) == {"first": 4, "third": 1}
    back = outcomes(a_metric("employed"), cohorts=["second", "third"])
    await ingestion.take(amended(contract, version=3, outcomes=back))
    assert await people(ingestion, contract) == {"second": 0, "third": 1}
    everything = outcomes(a_metric("employed"), cohorts=["first"])
    await ingestion.take(amended(contract, version=4, outcomes=everything))
    assert await people(ingestion, contract) == {"first": 4}


async def test_a_cohort_that_newer_terms_leave_out_is_claimed_on_for_days_before_them(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    kept = next(metric for metric in METRICS if metric["code"] == "reoffending")
    await ingestion.take(amended(contract, outcomes=outcomes(kept, cohorts=["third"])))
    assert await code_of(ingestion, contract, about_a_cohort(achievedOn=IN_2025)) == "cohort-unknown"
    assert await code_of(ingestion, contract, about_a_cohort(achievedOn=IN_2024)) is None
    third = about_a_cohort(externalId="b", achievedOn=IN_2025, cohort="third")
    assert await code_of(ingestion, contract, third) is None


async def test_who_takes_part_and_until_when_is_as_the_newest_terms_say(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    old = await claimed(ingestion, contract)
    roles = {
        **{organisation: role for organisation, role in ROLES.items() if organisation != EVALUATOR},
        NEWCOMER: "payer",
    }
    parties = [{"organisationId": organisation, "name": role, "role": role} for organisation, role in roles.items()]
    newer = outcomes(a_metric("employed", disputesDecidedBy="agreement"))
    period = {"start": "2024-01-01", "end": "2025-07-01"}
    await ingestion.take(amended(contract, outcomes=newer, parties=parties, outcomePeriod=period))
    refused(await ingestion.get(EVALUATOR, f"{contract}/claims"), 404, "not-found")
    refused(await ingestion.get(EVALUATOR, old), 404, "not-found")
    seen = (await ingestion.get(NEWCOMER, old)).json()
    assert seen == (await ingestion.get(PAYER, old)).json()
    assert seen["participantKey"]
    refused(await ingestion.get(INVESTOR, f"{contract}/claims"), 403, "role-not-allowed")
    late = a_claim(externalId="late", achievedOn="2025-07-01")
    assert await code_of(ingestion, contract, late) == "outside-outcome-period"


async def test_a_contract_that_was_terminated_stays_so(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    await ingestion.terminate(contract, "2025-06-01")
    await ingestion.take(amended(contract))
    assert await code_of(ingestion, contract, a_claim(achievedOn=IN_2025)) == "achieved-after-termination"


async def test_facts_that_change_nothing_here_are_taken_in_their_turn(ingestion: Ingestion) -> None:
    activation = activated()
    id_, contract = activation.contract_id, f"/v1/contracts/{activation.contract_id}"
    versions = [
        activation,
        ContractSuspended(contract_id=id_),
        ContractResumed(contract_id=id_),
        amended(contract, outcomes=NEWER),
        ContractCompleted(contract_id=id_),
        ContractTerminated(contract_id=id_, terminated_on=activation.outcome_period.end),
    ]

    async def nothing_is_missing(source: str, aggregate: str, first: int) -> Any:
        raise AssertionError

    inbox = Inbox(ingestion.worker, "outcomes-service", CATALOGUE, HANDLERS, nothing_is_missing)
    for sequence, fact in enumerate(versions, start=1):
        sent = outgoing(TOPIC, envelope_of(fact, sequence))
        await inbox.take([Record(TOPIC, 0, sequence, sent.key, sent.headers, sent.value)])
    (head,) = await as_admin(ingestion.urls, "select sequence from inbox_head where aggregate = $1", str(id_))
    assert head["sequence"] == len(versions)
    kept = await as_admin(ingestion.urls, "select terms_version from contract where id = $1", UUID(str(id_)))
    assert [row["terms_version"] for row in kept] == [2]
    await ingestion.upload(PROVIDER, f"{contract}/participants", [an_enrolment()])
    assert await code_of(ingestion, contract, a_claim(achievedOn=IN_2024)) is None
