"""Tests: claims about cohorts and sites, and measured values, through the doors that other claims go through."""

from typing import Any
from uuid import UUID

import pytest

from services.core.subjects import subject_id_of

from ..builders import (
    DAY,
    EVALUATOR,
    INVESTOR,
    MEASURED,
    PAYER,
    PROVIDER,
    a_claim,
    a_key,
    about_a_cohort,
    about_a_site,
)
from ..conftest import Ingestion, refused
from .deciding import REJECTED, VERIFIED, done, state

COHORT_MEASURED = {**MEASURED, "estimator": "matched-did"}
COST = {"metric": "cost", "occurrence": "1"}


async def reported(ingestion: Ingestion, contract: str, claim: dict[str, Any]) -> str:
    answer = await ingestion.post(PROVIDER, f"{contract}/claims", claim)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def id_of(contract: str) -> UUID:
    return UUID(contract.rpartition("/")[2])


async def test_a_measurement_of_a_cohort_is_kept_shown_and_told(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    answer = await ingestion.post(PROVIDER, f"{contract}/claims", about_a_cohort())
    assert answer.status_code == 201, answer.text
    claim = answer.json()
    assert {key: claim[key] for key in sorted(claim.keys() - {"id", "recordedAt"})} == {
        "achievedOn": DAY,
        "cohort": "first",
        "contractId": str(id_of(contract)),
        "evidence": [],
        "externalId": "claim-1",
        "measurement": {**COHORT_MEASURED, "arm": "intervention"},
        "metric": "reoffending",
        "occurrence": "1",
        "reportedBy": PROVIDER,
        "revision": 1,
        "state": "submitted",
    }
    for reader in (PAYER, PROVIDER, EVALUATOR):
        assert (await ingestion.get(reader, answer.headers["location"])).json() == claim
    (told,) = await ingestion.facts(contract)
    assert told == {
        "type": "outcome.claimed.v1",
        "contractId": claim["contractId"],
        "claimId": claim["id"],
        "metric": "reoffending",
        "subjectId": str(subject_id_of(id_of(contract), "cohort", "first")),
        "occurrence": "1",
        "achievedOn": DAY,
        "units": 0,
        "reportedBy": PROVIDER,
        "orderKey": told["orderKey"],
        "measurement": {**COHORT_MEASURED, "arm": "intervention", "n": 162},
    }


async def test_units_of_a_site_are_kept_shown_and_told_by_its_id_alone(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    claim = (await ingestion.get(PAYER, await reported(ingestion, contract, about_a_site(units="3")))).json()
    assert (claim["site"], claim["units"]) == ("village-017", "3")
    assert not claim.keys() & {"participantKey", "cohort", "measurement"}
    (told,) = await ingestion.facts(contract)
    assert (told["subjectId"], told["units"]) == (str(subject_id_of(id_of(contract), "site", "village-017")), 3)
    assert "measurement" not in told
    assert "village" not in str(told)


async def test_a_participant_is_measured_while_enrolled(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    measured = a_claim(metric="scored", occurrence="1", measurement={"value": "-12.50", "arm": "baseline"})
    claim = (await ingestion.get(PAYER, await reported(ingestion, contract, measured))).json()
    assert (claim["participantKey"], claim["measurement"]) == (a_key(1), {"value": "-12.50", "arm": "baseline"})
    stranger = {**measured, "externalId": "b", "participantKey": a_key(2)}
    answer = await ingestion.post(PROVIDER, f"{contract}/claims", stranger)
    refused(answer, 422, "not-enrolled", "/participantKey")
    too_early = {**measured, "externalId": "b", "occurrence": "2", "achievedOn": "2023-12-31"}
    answer = await ingestion.post(PROVIDER, f"{contract}/claims", too_early)
    refused(answer, 422, "outside-outcome-period", "/achievedOn")


async def test_measurements_of_one_outcome_are_told_apart_by_arm_and_component(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    series = [
        {},
        {"arm": "comparison"},
        {"arm": "baseline"},
        {"component": "municipality"},
        {"component": "region"},
        {"arm": "baseline", "component": "region"},
    ]
    rows = [
        about_a_site(**COST, externalId=f"m-{number}", measurement={**MEASURED, **measurement})
        for number, measurement in enumerate(series)
    ]
    assert (await ingestion.upload(PROVIDER, f"{contract}/claims", rows)).summary["created"] == len(series)
    again = [
        {**row, "externalId": f"{row['externalId']}b", "measurement": {**row["measurement"], "value": "9"}}
        for row in rows
    ]
    assert (await ingestion.upload(PROVIDER, f"{contract}/claims", again)).codes() == ["occurrence-taken"] * len(series)
    for other in ({"occurrence": "2"}, {"site": "village-018"}):
        free = [{**row, **other, "externalId": f"{row['externalId']}-{len(str(other))}"} for row in rows]
        assert (await ingestion.upload(PROVIDER, f"{contract}/claims", free)).summary["created"] == len(series)


async def test_a_cohort_and_a_site_of_one_code_are_not_the_same(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    rows = [
        about_a_site(metric="delivered", site=None, cohort="first", externalId="a"),
        about_a_site(site="first", externalId="b"),
        about_a_site(site="First", externalId="c"),
    ]
    assert (await ingestion.upload(PROVIDER, f"{contract}/claims", rows)).summary["created"] == 3
    assert len({fact["subjectId"] for fact in await ingestion.facts(contract)}) == 3


@pytest.mark.parametrize("claim", [about_a_cohort(), about_a_site(), about_a_site(**COST, measurement=MEASURED)])
async def test_the_same_again_is_replayed_and_the_same_name_for_other_content_refused(
    ingestion: Ingestion, claim: dict[str, Any]
) -> None:
    contract = await ingestion.contract()
    first = await ingestion.post(PROVIDER, f"{contract}/claims", claim)
    again = await ingestion.post(PROVIDER, f"{contract}/claims", claim)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert (await ingestion.upload(PROVIDER, f"{contract}/claims", [claim])).kinds() == ["replayed"]
    assert len(await ingestion.facts(contract)) == 1
    others: list[dict[str, Any]] = [{"cohort": "second"} if "cohort" in claim else {"site": "other"}]
    if "measurement" in claim:
        measurement = claim["measurement"]
        changes: tuple[dict[str, Any], ...] = (
            {"value": "0.32"},
            {"n": "163"},
            {"standardError": "0.03"},
            {"arm": "baseline"},
            {"component": "region"},
        )
        others += [{"measurement": {**measurement, **change}} for change in changes]
        others.append({"measurement": {key: member for key, member in measurement.items() if key != "n"}})
    for other in others:
        answer = await ingestion.post(PROVIDER, f"{contract}/claims", {**claim, **other})
        refused(answer, 409, "external-id-taken")


async def test_an_arm_that_is_left_out_is_the_intervention(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    await reported(ingestion, contract, about_a_cohort())
    measured = {**COHORT_MEASURED, "arm": "intervention"}
    assert (
        await ingestion.post(PROVIDER, f"{contract}/claims", about_a_cohort(measurement=measured))
    ).status_code == 200


async def test_a_measurement_is_corrected(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    claim = await reported(ingestion, contract, about_a_cohort())
    await done(ingestion, PAYER, f"{claim}/verification", VERIFIED, 1)
    corrected = about_a_cohort(externalId="claim-1b", measurement={**COHORT_MEASURED, "value": "0.29"})
    new = (await done(ingestion, PROVIDER, f"{claim}/correction", corrected, 2, 201)).json()
    assert (new["corrects"], new["measurement"]["value"], new["cohort"]) == (claim[-36:], "0.29", "first")
    assert (await ingestion.get(PAYER, claim)).json()["state"] == "superseded"
    told = (await ingestion.facts(contract))[-1]
    assert (told["corrects"], told["units"], told["measurement"]["value"]) == (claim[-36:], 0, "0.29")
    again = await done(ingestion, PROVIDER, f"{claim}/correction", corrected, 2)
    assert again.json() == new
    as_units = about_a_cohort(externalId="claim-1c", measurement=None, units="1")
    answer = await ingestion.post(PROVIDER, f"{new_path(new)}/correction", as_units, version=1)
    refused(answer, 422, "measurement-required", "/measurement")
    assert await state(ingestion, new_path(new)) == ("submitted", 1)


def new_path(claim: dict[str, Any]) -> str:
    return f"/v1/claims/{claim['id']}"


async def test_a_measurement_is_disputed_and_decided(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    claim = await reported(ingestion, contract, about_a_cohort())
    await done(ingestion, PAYER, f"{claim}/verification", REJECTED, 1)
    other_arm = about_a_cohort(externalId="arm", measurement={**COHORT_MEASURED, "arm": "comparison"})
    await reported(ingestion, contract, other_arm)
    await done(ingestion, PROVIDER, f"{claim}/dispute", {"reason": "not_achieved"}, 2)
    answer = await done(ingestion, EVALUATOR, f"{claim}/dispute/decision", VERIFIED, 3)
    assert (answer.json()["state"], answer.json()["measurement"]["value"]) == ("verified", "0.31")


async def test_a_rejected_measurement_is_not_live_again_when_another_stands_in_its_series(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    claim = await reported(ingestion, contract, about_a_cohort())
    await done(ingestion, PAYER, f"{claim}/verification", REJECTED, 1)
    await reported(ingestion, contract, about_a_cohort(externalId="twin"))
    answer = await ingestion.post(PROVIDER, f"{claim}/dispute", {"reason": "not_achieved"}, version=2)
    refused(answer, 409, "occurrence-taken")


async def test_claims_of_every_kind_are_listed_and_decided_together(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    rows = [a_claim(1), about_a_cohort(externalId="b"), about_a_site(externalId="c")]
    ids = [row["id"] for row in (await ingestion.upload(PROVIDER, f"{contract}/claims", rows)).results]
    decisions = [{"claimId": claim_id, "version": 1, "decision": "verified"} for claim_id in ids]
    assert (await ingestion.upload(PAYER, f"{contract}/verifications", decisions)).summary["created"] == 3
    listed = (await ingestion.get(PAYER, f"{contract}/claims", state="verified")).json()["items"]
    assert [claim["id"] for claim in listed] == ids
    assert [claim.get("participantKey") or claim.get("cohort") or claim["site"] for claim in listed] == [
        a_key(1),
        "first",
        "village-017",
    ]
    of_cohort = (await ingestion.get(EVALUATOR, f"{contract}/claims", metric="reoffending")).json()["items"]
    assert [claim["id"] for claim in of_cohort] == ids[1:2]


async def test_an_investor_never_sees_a_claim_about_a_cohort_either(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    claim = await reported(ingestion, contract, about_a_cohort())
    refused(await ingestion.get(INVESTOR, f"{contract}/claims"), 403, "role-not-allowed")
    refused(await ingestion.get(INVESTOR, claim), 404, "not-found")
