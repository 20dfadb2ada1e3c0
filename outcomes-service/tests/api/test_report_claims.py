"""Tests: claims, one at a time."""

from typing import Any

import pytest

from services.kit.testing import as_admin, new_key

from ..builders import (
    DAY,
    EVALUATOR,
    EVIDENCE,
    INVESTOR,
    PAYER,
    PROVIDER,
    STRANGER,
    a_claim,
    a_key,
    an_enrolment,
)
from ..conftest import Ingestion, refused


async def test_a_claim_is_kept_shown_and_told(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    answer = await ingestion.post(
        PROVIDER, f"{contract}/claims", a_claim(metric="proven", evidence=EVIDENCE, units="2")
    )
    assert answer.status_code == 201, answer.text
    claim = answer.json()
    assert {key: claim[key] for key in sorted(claim.keys() - {"id", "recordedAt"})} == {
        "achievedOn": DAY,
        "contractId": contract.rpartition("/")[2],
        "evidence": EVIDENCE,
        "externalId": "claim-1",
        "metric": "proven",
        "occurrence": "1",
        "participantKey": a_key(1),
        "reportedBy": PROVIDER,
        "revision": 1,
        "state": "submitted",
        "units": "2",
    }
    assert answer.headers["etag"] == '"1"'
    for reader in (PAYER, PROVIDER, EVALUATOR):
        assert (await ingestion.get(reader, answer.headers["location"])).json() == claim
    enrolled, told = await ingestion.facts(contract)
    assert told == {
        "type": "outcome.claimed.v1",
        "contractId": claim["contractId"],
        "claimId": claim["id"],
        "metric": "proven",
        "subjectId": enrolled["subjectId"],
        "occurrence": "1",
        "achievedOn": DAY,
        "units": 2,
        "reportedBy": PROVIDER,
        "orderKey": told["orderKey"],
    }
    assert len(told["orderKey"]) == 32


async def test_neither_key_nor_external_id_nor_evidence_is_told_or_audited(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    sent = a_claim(externalId="canary-claim", metric="proven", evidence=[{**EVIDENCE[0], "reference": "canary:1"}])
    await ingestion.post(PROVIDER, f"{contract}/claims", sent)
    rows = [
        *await as_admin(ingestion.urls, "select row_to_json(fact)::text as row from fact"),
        *await as_admin(ingestion.urls, "select row_to_json(audit)::text as row from audit"),
    ]
    assert rows
    assert not any("canary" in row["row"] or a_key(1) in row["row"] for row in rows)


async def test_a_claim_sent_again_under_a_new_key_is_replayed(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    first = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim())
    again = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(occurrence="1", units="1"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert [fact["type"] for fact in await ingestion.facts(contract)].count("outcome.claimed.v1") == 1


async def test_the_same_command_again_is_answered_as_the_first_time(ingestion: Ingestion) -> None:
    contract, key = await ingestion.contract(people=1), new_key()
    first = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(), key=key)
    again = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(), key=key)
    assert (again.status_code, again.content) == (201, first.content)


async def test_a_replay_needs_nothing_that_held_when_it_was_first_sent(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    first = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim())
    left = an_enrolment(leftOn=DAY)
    del left["enrolledOn"]
    await ingestion.post(PROVIDER, f"{contract}/participants/departures", left)
    again = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim())
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    refused(await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(externalId="b")), 422, "not-enrolled")


async def test_the_same_external_id_with_other_content_is_refused(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2)
    await ingestion.post(PROVIDER, f"{contract}/claims", a_claim())
    for other in (
        {"units": "2"},
        {"achievedOn": "2024-06-04"},
        {"participantKey": a_key(2)},
        {"participantKey": a_key(3)},
        {"metric": "trained", "occurrence": "1"},
        {"evidence": EVIDENCE},
        {"metric": "registered"},
        {"metric": "unheard-of"},
    ):
        answer = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(**other))
        refused(answer, 409, "external-id-taken")


async def test_one_external_id_stands_for_one_claim_of_each_reporter_in_each_contract(ingestion: Ingestion) -> None:
    first, second = [await ingestion.contract(people=1) for _ in range(2)]
    for contract in (first, second):
        assert (await ingestion.post(PROVIDER, f"{contract}/claims", a_claim())).status_code == 201
    assert (await ingestion.post(PAYER, f"{first}/claims", a_claim(metric="registered"))).status_code == 201


async def test_two_live_claims_never_share_an_occurrence(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2)
    claims = f"{contract}/claims"
    first = await ingestion.post(PROVIDER, claims, a_claim())
    refused(await ingestion.post(PROVIDER, claims, a_claim(externalId="b")), 409, "occurrence-taken")
    assert (await ingestion.post(PROVIDER, claims, a_claim(2))).status_code == 201
    other_metric = a_claim(externalId="c", metric="trained", occurrence="1")
    assert (await ingestion.post(PROVIDER, claims, other_metric)).status_code == 201
    assert (await ingestion.post(PROVIDER, claims, {**other_metric, "externalId": "d", "occurrence": "2"})).is_success
    rejection = {"decision": "rejected", "reason": "duplicate"}
    answer = await ingestion.post(PAYER, f"{first.headers['location']}/verification", rejection, version=1)
    assert answer.status_code == 200
    assert (await ingestion.post(PROVIDER, claims, a_claim(externalId="b"))).status_code == 201


async def test_a_refused_claim_is_not_kept_and_may_be_sent_when_the_facts_have_changed(ingestion: Ingestion) -> None:
    contract = await ingestion.contract()
    refused(await ingestion.post(PROVIDER, f"{contract}/claims", a_claim()), 422, "not-enrolled", "/participantKey")
    assert await ingestion.facts(contract) == []
    await ingestion.post(PROVIDER, f"{contract}/participants", an_enrolment())
    assert (await ingestion.post(PROVIDER, f"{contract}/claims", a_claim())).status_code == 201


@pytest.mark.parametrize(
    ("other", "status", "code", "pointer"),
    [
        ({"metric": "unheard-of"}, 422, "unknown-metric", "/metric"),
        ({"participantKey": a_key(9)}, 422, "not-enrolled", "/participantKey"),
        ({"participantKey": "1" * 20}, 422, "participant-key-not-valid", "/participantKey"),
        ({"achievedOn": "2023-12-31"}, 422, "outside-outcome-period", "/achievedOn"),
        ({"achievedOn": "2040-12-24"}, 422, "outside-outcome-period", "/achievedOn"),
        ({"metric": "trained"}, 422, "occurrence-required", "/occurrence"),
        ({"metric": "trained", "occurrence": "4"}, 422, "occurrence-unknown", "/occurrence"),
        ({"metric": "healthy", "occurrence": "1"}, 422, "occurrence-unknown", "/occurrence"),
        ({"metric": "proven"}, 422, "evidence-required", "/evidence"),
        ({"metric": "registered"}, 403, "reporter-not-allowed", None),
        ({"externalId": "1234567890123"}, 422, "external-id-not-valid", "/externalId"),
        ({"externalId": "a b"}, 422, "shape-not-allowed", "/externalId"),
        ({"externalId": "a-2110625629"}, 422, "personal-number", "/externalId"),
        ({"metric": "8803200016"}, 422, "personal-number", "/metric"),
        ({"participantKey": "id_131052-308T_x"}, 422, "personal-number", "/participantKey"),
        ({"occurrence": "15108695088"}, 422, "personal-number", "/occurrence"),
        ({"evidence": [{**EVIDENCE[0], "reference": "file:120174-3399"}]}, 422, "personal-number", None),
        ({"evidence": [{**EVIDENCE[0], "reference": "a note about Anna"}]}, 422, "shape-not-allowed", None),
        ({"note": "free text"}, 422, "shape-not-allowed", "/note"),
        ({"units": "0"}, 422, "shape-not-allowed", "/units"),
        ({"units": 1}, 422, "shape-not-allowed", "/units"),
        ({"units": "1.5"}, 422, "shape-not-allowed", "/units"),
        ({"achievedOn": "03-06-2024"}, 422, "shape-not-allowed", "/achievedOn"),
        ({"achievedOn": 1717372800}, 422, "shape-not-allowed", "/achievedOn"),
    ],
)
async def test_what_cannot_be_a_claim_is_refused_alone_and_as_a_row(
    ingestion: Ingestion, other: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    contract = await ingestion.contract(people=1)
    row = a_claim(**other)
    problem = refused(await ingestion.post(PROVIDER, f"{contract}/claims", row), status, code, pointer)
    uploaded = await ingestion.upload(PROVIDER, f"{contract}/claims", [row, a_claim(externalId="good")])
    assert uploaded.kinds() == ["refused", "created"]
    assert (uploaded.results[0]["code"], uploaded.results[0].get("errors", [])) == (code, problem["errors"])
    for value in other.values():
        assert not isinstance(value, str) or len(value) < 4 or value not in str(problem)


@pytest.mark.parametrize(
    "body",
    [
        b'{"externalId":"a","externalId":"b"}',
        b'{"externalId":NaN}',
        b'{"units":1e3}',
        b'{"externalId":"\\u0000"}',
        b'{"externalId":"\\ud800"}',
        b'{"externalId":"\xff"}',
        b'{"externalId":',
    ],
)
async def test_what_two_parsers_could_read_differently_is_refused(ingestion: Ingestion, body: bytes) -> None:
    contract = await ingestion.contract()
    answer = await ingestion.send(PROVIDER, f"{contract}/claims", body, "application/json")
    refused(answer, 400, "json-not-readable")


async def test_a_body_over_the_limit_or_in_another_format_is_refused(ingestion: Ingestion) -> None:
    claims = f"{await ingestion.contract()}/claims"
    too_large = await ingestion.send(PROVIDER, claims, b" " * (1024 * 1024 + 1), "application/json")
    refused(too_large, 413, "too-large")
    for rows in (b"a;b", b"a;b\r\n" * 400_000):
        other = await ingestion.send(PROVIDER, claims, rows, "text/csv")
        refused(other, 415, "unsupported-media-type")
        assert other.json()["detail"] == "Send application/json or application/x-ndjson."


async def test_what_was_achieved_after_a_termination_is_refused(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=2)
    await ingestion.terminate(contract, "2024-06-04")
    assert (await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(achievedOn="2024-06-03"))).status_code == 201
    late = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(2, achievedOn="2024-06-04"))
    refused(late, 422, "achieved-after-termination", "/achievedOn")


async def test_claims_are_closed_after_their_day(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(
        people=1, outcomePeriod={"start": "2024-01-01", "end": "2025-01-01"}, claimsCloseOn="2025-02-01"
    )
    refused(await ingestion.post(PROVIDER, f"{contract}/claims", a_claim()), 409, "claims-closed")


@pytest.mark.parametrize(
    ("organisation", "status", "code"),
    [(INVESTOR, 403, "role-not-allowed"), (STRANGER, 404, "not-found"), (EVALUATOR, 403, "reporter-not-allowed")],
)
async def test_who_may_not_report_is_told_so_or_finds_nothing(
    ingestion: Ingestion, organisation: str, status: int, code: str
) -> None:
    contract = await ingestion.contract(people=1)
    refused(await ingestion.post(organisation, f"{contract}/claims", a_claim()), status, code)
    (row,) = await as_admin(
        ingestion.urls,
        "select outcome from audit where object = $1 and organisation_id = $2",
        f"{contract}/claims",
        organisation,
    )
    assert row["outcome"] == code


async def test_a_contract_of_others_is_as_one_that_does_not_exist(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    unknown = "/v1/contracts/019a0000-0000-7000-8000-0000000000ff"
    answers = [await ingestion.post(STRANGER, f"{path}/claims", a_claim()) for path in (contract, unknown)]
    first, second = [{**answer.json(), "instance": "", "correlationId": ""} for answer in answers]
    assert first == second


async def test_a_command_needs_a_key(ingestion: Ingestion) -> None:
    contract = await ingestion.contract(people=1)
    answer = await ingestion.send(PROVIDER, f"{contract}/claims", b"{}", "application/json")
    assert answer.status_code == 422
    bare = await ingestion.post(PROVIDER, f"{contract}/claims", a_claim(), key={"X-None": "1"})
    refused(bare, 400, "idempotency-key-needed")
