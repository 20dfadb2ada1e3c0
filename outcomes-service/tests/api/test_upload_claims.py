"""Tests: claims, thousands at a time."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from services.kit.testing import as_admin

from ..builders import EVALUATOR, INVESTOR, PROVIDER, STRANGER, a_claim, a_key, an_enrolment, lines
from ..conftest import NDJSON, Ingestion, refused


def a_turn(number: int, turn: int) -> dict[str, Any]:
    """Participant `number` is trained for the `turn`th time."""
    return a_claim(number, metric="trained", occurrence=str(turn), externalId=f"{number}-{turn}")


async def test_every_row_is_kept_answered_in_order_and_told_in_order(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=30)
    rows = [
        a_claim(number, metric="trained", occurrence=str(turn), externalId=f"{number}-{turn}")
        for number in range(1, 31)
        for turn in (1, 2, 3)
    ]
    uploaded = await ingestion.upload(PROVIDER, f"{contract}/claims", rows)
    assert uploaded.summary == {"created": 90, "replayed": 0, "refused": 0, "failed": 0}
    assert [result["line"] for result in uploaded.results] == list(range(1, 91))
    assert [result["externalId"] for result in uploaded.results] == [row["externalId"] for row in rows]
    claimed = (await ingestion.facts(contract))[30:]
    assert [fact["claimId"] for fact in claimed] == [result["id"] for result in uploaded.results]
    assert Counter(fact["type"] for fact in claimed) == {"outcome.claimed.v1": 90}
    assert len({fact["orderKey"] for fact in claimed}) == 90
    listed = (await ingestion.get(PROVIDER, f"{contract}/claims", limit=500)).json()["items"]
    assert [claim["externalId"] for claim in listed] == [row["externalId"] for row in rows]


async def test_a_file_sent_again_changes_nothing(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=20)
    rows = [a_claim(number) for number in range(1, 21)]
    first = await ingestion.upload(PROVIDER, f"{contract}/claims", rows)
    again = await ingestion.upload(PROVIDER, f"{contract}/claims", rows)
    assert again.summary == {"created": 0, "replayed": 20, "refused": 0, "failed": 0}
    assert [result["id"] for result in again.results] == [result["id"] for result in first.results]
    assert len(await ingestion.facts(contract)) == 40


async def test_rows_of_one_upload_that_clash_are_told_apart_by_which_came_first(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2)
    uploaded = await ingestion.upload(
        PROVIDER,
        f"{contract}/claims",
        [
            a_claim(1, externalId="a"),
            a_claim(1, externalId="a"),
            a_claim(2, externalId="a"),
            a_claim(1, externalId="b"),
            a_claim(2, externalId="b"),
            a_claim(2, externalId="b", units="2"),
        ],
    )
    assert uploaded.kinds() == ["created", "replayed", "refused", "refused", "created", "refused"]
    assert uploaded.codes()[2:] == ["external-id-taken", "occurrence-taken", None, "external-id-taken"]
    assert uploaded.results[0]["id"] == uploaded.results[1]["id"]


async def test_bad_rows_stop_no_good_one_and_nothing_of_them_is_said_or_kept(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=3)
    rows = [
        a_claim(1),
        b'{"externalId":"canary-1","metric":',
        a_claim(2, externalId="canary 2"),
        a_claim(2, externalId="canary-3", metric="211062-5629"),
        a_claim(2, externalId="canary-4", canary="x"),
        b"\xff\xfe",
        b'{"externalId":"' + b"c" * 70_000 + b'"}',
        b"",
        b'"canary"',
        a_claim(3),
    ]
    uploaded = await ingestion.upload(PROVIDER, f"{contract}/claims", rows)
    assert [(row["line"], row["result"], row.get("code")) for row in uploaded.results] == [
        (1, "created", None),
        (2, "refused", "json-not-readable"),
        (3, "refused", "shape-not-allowed"),
        (4, "refused", "personal-number"),
        (5, "refused", "shape-not-allowed"),
        (6, "refused", "json-not-readable"),
        (7, "refused", "line-too-long"),
        (9, "refused", "shape-not-allowed"),
        (10, "created", None),
    ]
    external_ids = [row.get("externalId") for row in uploaded.results]
    assert external_ids == ["claim-1", None, None, "canary-3", "canary-4", None, None, None, "claim-3"]
    assert "5629" not in str(uploaded)
    kept = await as_admin(ingestion.urls, "select external_id from claim where contract_id = $1", UUID(contract[-36:]))
    assert {row["external_id"] for row in kept} == {"claim-1", "claim-3"}


@pytest.mark.parametrize("number", ["131052-308T", "211062-5629", "120174-3399", "19811218-9876"])
async def test_a_number_of_a_person_is_not_said_again_though_it_could_be_an_external_id(
    ingestion: Ingestion, number: str
) -> None:
    contract = await ingestion.contract(people=1)
    answer = await ingestion.send(PROVIDER, f"{contract}/claims", lines([a_claim(1, externalId=number)]))
    assert '"personal-number"' in answer.text
    assert number not in answer.text


async def test_broken_rows_and_a_file_from_windows_are_read(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2)
    body = lines([a_claim(1), a_claim(2)]).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    answer = await ingestion.send(PROVIDER, f"{contract}/claims", body)
    assert answer.text.count('"created",') == 2
    assert answer.text.endswith('{"summary":{"created":2,"replayed":0,"refused":0,"failed":0}}\n')


async def test_each_row_of_who_is_not_the_reporter_is_refused(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2)
    rows = [a_claim(1), a_claim(2, metric="registered")]
    assert (await ingestion.upload(EVALUATOR, f"{contract}/claims", rows)).codes() == ["reporter-not-allowed"] * 2
    assert (await ingestion.upload(PROVIDER, f"{contract}/claims", rows)).codes() == [None, "reporter-not-allowed"]


@pytest.mark.parametrize(
    ("organisation", "status", "code"), [(INVESTOR, 403, "role-not-allowed"), (STRANGER, 404, "not-found")]
)
@pytest.mark.parametrize("path", ["claims", "verifications"])
async def test_who_may_never_is_refused_before_anything_is_read(
    ingestion: Ingestion, organisation: str, status: int, code: str, path: str
) -> None:
    contract = await ingestion.contract(people=1)
    refused(await ingestion.send(organisation, f"{contract}/{path}", lines([a_claim()])), status, code)


async def test_rows_that_are_refused_because_of_the_facts_are_told_by_which(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    await ingestion.terminate(contract, "2025-01-01")
    rows = [
        a_claim(2),
        a_claim(1, achievedOn="2025-01-01"),
        a_claim(1, achievedOn="2019-01-01"),
        a_claim(1, metric="healthy", occurrence="12m"),
        a_claim(1, externalId="b", metric="healthy", occurrence="6m"),
    ]
    uploaded = await ingestion.upload(PROVIDER, f"{contract}/claims", rows)
    assert uploaded.codes() == ["not-enrolled", "achieved-after-termination", "outside-outcome-period", None, None]


async def test_two_uploads_at_once_keep_each_claim_once(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=300)
    mine = [a_claim(number) for number in range(1, 301)]
    theirs = [a_claim(number, externalId=f"other-{number}") for number in range(1, 301)]
    uploads = await asyncio.gather(
        *(ingestion.upload(PROVIDER, f"{contract}/claims", rows) for rows in (mine, mine[::-1], theirs))
    )
    created = sum(uploaded.summary["created"] for uploaded in uploads)
    assert created == 300
    assert all(uploaded.summary["failed"] == 0 for uploaded in uploads)
    facts = await ingestion.facts(contract)
    assert Counter(fact["type"] for fact in facts) == {"participant.enrolled.v1": 300, "outcome.claimed.v1": 300}
    (count,) = await as_admin(
        ingestion.urls, "select count(*) from claim where contract_id = $1::uuid", contract.rpartition("/")[2]
    )
    assert count["count"] == 300


async def test_a_long_upload_is_kept_whole(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2_500)
    rows = (
        a_claim(number, metric="trained", occurrence=str(turn), externalId=f"{number}-{turn}")
        for turn in (1, 2)
        for number in range(1, 2_501)
    )
    uploaded = await ingestion.upload(PROVIDER, f"{contract}/claims", rows)
    assert uploaded.summary["created"] == 5_000
    facts = await ingestion.facts(contract)
    assert len(facts) == 7_500


async def test_an_upload_of_people_and_claims_is_ndjson_and_nothing_else(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    answer = await ingestion.send(PROVIDER, f"{contract}/verifications", b"{}", "application/json")
    refused(answer, 415, "unsupported-media-type")
    assert (await ingestion.send(PROVIDER, f"{contract}/participants", lines([an_enrolment(2)]), NDJSON)).is_success
    assert a_key(2) not in (await ingestion.send(PROVIDER, f"{contract}/participants", lines([an_enrolment(2)]))).text
