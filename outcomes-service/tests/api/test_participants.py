"""Tests: cohorts, and who is in them."""

from typing import Any

import pytest

from services.kit.testing import as_admin

from ..builders import (
    EVALUATOR,
    INVESTOR,
    PAYER,
    PROVIDER,
    STARTED,
    STRANGER,
    a_claim,
    a_key,
    a_metric,
    an_enrolment,
)
from ..conftest import Ingestion, refused


def a_departure(number: int = 1, **other: Any) -> dict[str, Any]:
    return {"participantKey": a_key(number), "cohort": "first", "leftOn": "2025-01-01", **other}


@pytest.mark.parametrize("organisation", [PAYER, PROVIDER])
async def test_a_person_is_enrolled_and_the_key_is_not_said_again(ingestion: Ingestion, organisation: str) -> None:
    contract = await ingestion.contract()
    answer = await ingestion.post(organisation, f"{contract}/participants", an_enrolment())
    assert (answer.status_code, answer.json()) == (201, {"cohort": "first", "enrolledOn": STARTED})
    again = await ingestion.post(organisation, f"{contract}/participants", an_enrolment())
    assert (again.status_code, again.json()) == (200, answer.json())
    assert again.headers["idempotency-replayed"] == "true"
    (told,) = await ingestion.facts(contract)
    assert (told["type"], told["cohort"], told["enrolledOn"]) == ("participant.enrolled.v1", "first", STARTED)
    assert a_key(1) not in str(told)


async def test_a_person_is_one_subject_in_every_cohort_and_on_every_return(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    people, gone = f"{contract}/participants", f"{contract}/participants/departures"
    await ingestion.post(PROVIDER, people, an_enrolment())
    await ingestion.post(PAYER, people, an_enrolment(cohort="second", enrolledOn="2025-03-01"))
    answer = await ingestion.post(PROVIDER, gone, a_departure())
    assert (answer.status_code, answer.json()) == (201, {"cohort": "first", "leftOn": "2025-01-01"})
    assert (await ingestion.post(PROVIDER, gone, a_departure())).status_code == 200
    await ingestion.post(PROVIDER, people, an_enrolment(enrolledOn="2026-01-01"))
    facts = await ingestion.facts(contract)
    assert [fact["type"] for fact in facts] == [
        "participant.enrolled.v1",
        "participant.enrolled.v1",
        "participant.left.v1",
        "participant.enrolled.v1",
    ]
    assert len({fact["subjectId"] for fact in facts}) == 1
    cohorts = (await ingestion.get(PAYER, f"{contract}/cohorts")).json()["items"]
    assert [(cohort["code"], cohort["people"]) for cohort in cohorts] == [("first", 1), ("second", 1)]


async def test_one_person_in_two_contracts_is_two_subjects(ingestion: Ingestion) -> None:
    first, second = [await ingestion.contract(people=1) for _ in range(2)]
    (fact,), (other,) = await ingestion.facts(first), await ingestion.facts(second)
    assert fact["subjectId"] != other["subjectId"]


async def test_many_are_enrolled_at_once_and_each_row_is_answered(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2)
    uploaded = await ingestion.upload(
        PROVIDER,
        f"{contract}/participants",
        [
            an_enrolment(1),
            an_enrolment(3),
            an_enrolment(3),
            an_enrolment(3, cohort="second", enrolledOn="2025-01-01"),
            an_enrolment(4, cohort="third"),
            an_enrolment(4, enrolledOn="2023-12-31"),
            an_enrolment(2, enrolledOn="2024-02-01"),
            {**an_enrolment(5), "participantKey": "0" * 20},
            {**an_enrolment(5), "participantKey": "key_211062-5629_x"},
            {**an_enrolment(5), "participantKey": "too-short"},
            an_enrolment(4),
        ],
    )
    assert uploaded.kinds()[:4] == ["replayed", "created", "replayed", "created"]
    assert uploaded.codes()[4:] == [
        "cohort-unknown",
        "outside-service-period",
        "already-enrolled",
        "participant-key-not-valid",
        "personal-number",
        "shape-not-allowed",
        None,
    ]
    assert all(set(row) <= {"line", "result", "code", "detail", "errors"} for row in uploaded.results)
    assert len(await ingestion.facts(contract)) == 5
    cohorts = (await ingestion.get(PROVIDER, f"{contract}/cohorts")).json()["items"]
    assert [cohort["people"] for cohort in cohorts] == [4, 1]
    assert "size" not in cohorts[0]


async def test_many_leave_at_once(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=3)
    rows = [a_departure(1), a_departure(1), a_departure(2, leftOn="2023-01-01"), a_departure(9), a_departure(3)]
    uploaded = await ingestion.upload(PAYER, f"{contract}/participants/departures", rows)
    assert uploaded.kinds() == ["created", "replayed", "refused", "refused", "created"]
    assert set(uploaded.codes()) == {None, "not-in-cohort"}
    listed = (await ingestion.get(PAYER, f"{contract}/participants")).json()["items"]
    assert [row.get("leftOn") for row in listed] == ["2025-01-01", None, "2025-01-01"]


async def test_a_contract_without_the_people_is_no_reason_to_forget_them(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    await ingestion.post(PROVIDER, f"{contract}/claims", a_claim())
    await ingestion.post(PROVIDER, f"{contract}/participants/departures", a_departure(leftOn=STARTED))
    assert (await ingestion.get(PAYER, f"{contract}/claims")).json()["items"][0]["participantKey"] == a_key(1)


@pytest.mark.parametrize(
    ("organisation", "status", "code"),
    [(EVALUATOR, 403, "role-not-allowed"), (INVESTOR, 403, "role-not-allowed"), (STRANGER, 404, "not-found")],
)
async def test_others_do_not_enrol(ingestion: Ingestion, organisation: str, status: int, code: str) -> None:
    contract = await ingestion.contract()
    for path, row in (("participants", an_enrolment()), ("participants/departures", a_departure())):
        refused(await ingestion.post(organisation, f"{contract}/{path}", row), status, code)


async def test_participants_are_listed_by_key_page_by_page_for_those_who_may_read_them(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=5)
    page = await ingestion.get(EVALUATOR, f"{contract}/participants", limit=2)
    assert [row["participantKey"] for row in page.json()["items"]] == [a_key(1), a_key(2)]
    assert page.headers["link"].startswith(f"<{contract}/participants?limit=2&cursor=")
    rest = await ingestion.get(EVALUATOR, f"{contract}/participants", limit=4, cursor=page.json()["nextCursor"])
    assert rest.json() == {
        "items": [{"participantKey": a_key(number), "cohort": "first", "enrolledOn": STARTED} for number in (3, 4, 5)]
    }
    refused(await ingestion.get(PAYER, f"{contract}/participants", cursor="x"), 422, "cursor-not-valid")
    refused(await ingestion.get(PAYER, f"{contract}/participants", limit=501), 422, "shape-not-allowed")


async def test_a_provider_that_neither_reports_nor_verifies_enrols_and_does_not_read(ingestion: Ingestion) -> None:
    metric = a_metric("registered", reportedBy=PAYER, verifiedBy=EVALUATOR, disputesDecidedBy="agreement")
    cohorts = [{"code": "first", "name": "First"}]
    contract = await ingestion.contract(people=2, outcomes={"metrics": [metric], "cohorts": cohorts})
    refused(await ingestion.get(PROVIDER, f"{contract}/participants"), 403, "role-not-allowed")
    assert (await ingestion.get(PROVIDER, f"{contract}/cohorts")).json()["items"][0]["people"] == 2


@pytest.mark.parametrize(
    ("organisation", "status", "code"), [(INVESTOR, 403, "role-not-allowed"), (STRANGER, 404, "not-found")]
)
async def test_others_do_not_read_participants(ingestion: Ingestion, organisation: str, status: int, code: str) -> None:
    contract = await ingestion.contract(people=1)
    refused(await ingestion.get(organisation, f"{contract}/participants"), status, code)


async def test_an_investor_sees_no_small_count(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=4)
    cohorts = (await ingestion.get(INVESTOR, f"{contract}/cohorts")).json()["items"]
    assert cohorts == [
        {"code": "first", "name": "First"},
        {"code": "second", "name": "Second", "start": "2025-01-01", "end": "2026-01-01"},
    ]
    await ingestion.upload(PROVIDER, f"{contract}/participants", [an_enrolment(5)])
    assert (await ingestion.get(INVESTOR, f"{contract}/cohorts")).json()["items"][0]["people"] == 5
    assert (await ingestion.get(EVALUATOR, f"{contract}/cohorts")).json()["items"][1]["people"] == 0
    refused(await ingestion.get(STRANGER, f"{contract}/cohorts"), 404, "not-found")


async def test_subjects_are_random_and_keys_stay_here(ingestion: Ingestion) -> None:
    await ingestion.contract(people=3)
    subjects = await as_admin(ingestion.urls, "select subject_id from participant")
    assert {row["subject_id"].version for row in subjects} == {4}
    bodies = await as_admin(ingestion.urls, "select body::text as body from fact")
    assert not any(a_key(number) in row["body"] for row in bodies for number in (1, 2, 3))
