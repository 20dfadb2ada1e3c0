from typing import Any

import pytest

from services.kit.testing import Doors, Urls, a_caller, as_admin, new_key

from ..builders import (
    EVALUATOR,
    INVESTOR,
    NAMES,
    PARTIES,
    PAYER,
    PROVIDER,
    STRANGER,
    an_agreement,
    an_organisation_id,
)
from .asking import CONTRACTS, a_body, active, drafted, get, led, post, refused, signed_by

UNKNOWN = "019a0000-0000-7000-8000-00000000dead"


async def test_a_contract_goes_from_draft_to_force_and_to_its_end(doors: Doors) -> None:
    answer = await drafted(doors)
    contract = answer.json()
    path = answer.headers["location"]
    assert path == f"{CONTRACTS}/{contract['id']}" == answer.headers["content-location"]
    assert (contract["state"], contract["version"], answer.headers["etag"]) == ("draft", 1, '"1"')
    answer = await led(doors, answer, "proposal")
    assert (answer.json()["state"], answer.headers["etag"]) == ("proposed", '"2"')
    answer = await signed_by(doors, answer, *PARTIES)
    assert answer.json()["state"] == "signed"
    answer = await led(doors, answer, "activation")
    assert answer.json()["state"] == "active"
    ended = await post(doors, PAYER, f"{path}/termination", {"terminatedOn": "2027-06-01"}, answer.headers["etag"])
    assert (ended.status_code, ended.json()["state"], ended.json()["terminatedOn"]) == (200, "terminated", "2027-06-01")
    shown = await get(doors, PROVIDER, path)
    assert (shown.json(), shown.headers["etag"]) == (ended.json(), ended.headers["etag"])


async def test_a_contract_shows_what_was_agreed_and_who_signed(doors: Doors) -> None:
    answer = await signed_by(doors, await led(doors, await drafted(doors), "proposal"), INVESTOR)
    contract = answer.json()
    signed_at = contract["parties"][1].pop("signedAt")
    assert signed_at.endswith("Z")
    assert contract == {
        "id": contract["id"],
        "title": "Into work",
        "state": "proposed",
        "revision": 3,
        "decisionRef": "KB 2026-01-15 no. 7",
        "version": 1,
        "termsState": "proposed",
        "root": contract["root"],
        "parties": [{**party, "name": NAMES[party["organisationId"]]} for party in an_agreement()["parties"]],
        **{
            name: an_agreement()[name]
            for name in ("currency", "timeZone", "servicePeriod", "outcomePeriod", "claimsCloseOn", "effectiveFrom")
        },
        "createdAt": contract["createdAt"],
    }


async def test_the_same_command_again_is_answered_again(doors: Doors) -> None:
    key = new_key()
    client = doors.as_(a_caller(PAYER))
    first = await client.post(CONTRACTS, json=a_body(), headers=key)
    again = await client.post(CONTRACTS, json=a_body(), headers=key)
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    assert again.headers["idempotency-replayed"] == "true"
    condition = {"If-Match": first.headers["etag"]}
    key = new_key()
    proposals = [
        await client.post(f"{first.headers['location']}/proposal", json={}, headers={**key, **condition})
        for _ in range(2)
    ]
    assert proposals[0].content == proposals[1].content


COMMANDS: list[tuple[str, dict[str, Any]]] = [
    ("proposal", {}),
    ("activation", {}),
    ("suspension", {}),
    ("resumption", {}),
    ("completion", {}),
    ("termination", {"terminatedOn": "2027-01-01"}),
    ("terms", an_agreement()),
    ("signatures", {"version": 1, "root": "0" * 64}),
]


@pytest.mark.parametrize(("noun", "body"), COMMANDS, ids=[noun for noun, _ in COMMANDS])
async def test_a_command_says_which_version_it_was_decided_on(doors: Doors, noun: str, body: dict[str, Any]) -> None:
    path = f"{(await drafted(doors)).headers['location']}/{noun}"
    refused(await post(doors, PAYER, path, body), 428, "version-required")
    refused(await post(doors, PAYER, path, body, '"7"'), 412, "version-stale")
    refused(await post(doors, PAYER, path, body, "7"), 400, "malformed")
    unkeyed = await doors.as_(a_caller(PAYER)).post(path, json=body, headers={"If-Match": '"1"'})
    refused(unkeyed, 400, "idempotency-key-needed")


@pytest.mark.parametrize(("noun", "body"), COMMANDS, ids=[noun for noun, _ in COMMANDS])
async def test_to_who_is_no_party_a_contract_is_as_if_unknown(doors: Doors, noun: str, body: dict[str, Any]) -> None:
    path = (await drafted(doors)).headers["location"]
    problems = [
        refused(await post(doors, STRANGER, f"{where}/{noun}", body, '"1"'), 404, "not-found")
        for where in (path, f"{CONTRACTS}/{UNKNOWN}")
    ]
    for problem in problems:
        problem.pop("instance")
        problem.pop("correlationId")
    assert problems[0] == problems[1]


@pytest.mark.parametrize("rest", ["", "/terms", "/terms/1", "/terms/1/parts/outcomes", "/signatures"])
async def test_who_is_no_party_reads_nothing(doors: Doors, rest: str) -> None:
    path = (await drafted(doors)).headers["location"]
    problems = [
        refused(await get(doors, STRANGER, where + rest), 404, "not-found")
        for where in (path, f"{CONTRACTS}/{UNKNOWN}")
    ]
    for problem in problems:
        problem.pop("instance")
        problem.pop("correlationId")
    assert problems[0] == problems[1]


@pytest.mark.parametrize("organisation", [INVESTOR, PROVIDER, EVALUATOR])
@pytest.mark.parametrize(("noun", "body"), COMMANDS[:-1], ids=[noun for noun, _ in COMMANDS[:-1]])
async def test_a_party_that_is_no_payer_does_not_lead(
    doors: Doors, organisation: str, noun: str, body: dict[str, Any]
) -> None:
    path = (await drafted(doors)).headers["location"]
    problem = refused(await post(doors, organisation, f"{path}/{noun}", body, '"1"'), 403, "role-not-allowed")
    assert problem["detail"] == "This is for: payer."


async def test_a_refusal_changes_nothing_and_is_audited(doors: Doors, urls: Urls) -> None:
    answer = await drafted(doors)
    path = answer.headers["location"]
    refused(await post(doors, INVESTOR, f"{path}/proposal", {}, '"1"'), 403, "role-not-allowed")
    assert (await get(doors, PAYER, path)).json() == answer.json()
    rows = await as_admin(urls, "select * from audit where object = $1", f"{path}/proposal")
    assert [(row["organisation_id"], row["operation"], row["outcome"]) for row in rows] == [
        (INVESTOR, "propose_terms", "role-not-allowed")
    ]


async def test_a_command_that_says_all_by_its_name_needs_no_body(doors: Doors) -> None:
    path = f"{(await drafted(doors)).headers['location']}/proposal"
    headers = {**new_key(), "If-Match": '"1"'}
    answer = await doors.as_(a_caller(PAYER)).post(path, headers=headers)
    assert (answer.status_code, answer.json()["state"]) == (200, "proposed")
    refused(await post(doors, PAYER, path, {"by": "me"}, '"2"'), 422, "shape-not-allowed", "/by")


@pytest.mark.parametrize(
    "steps", [["activation"], ["suspension"], ["completion"], ["termination"], ["proposal", "proposal"]]
)
async def test_a_step_out_of_order_says_when_it_is_possible(doors: Doors, steps: list[str]) -> None:
    *before, last = steps
    answer = await led(doors, await drafted(doors), *before)
    body = {"terminatedOn": "2027-01-01"} if last == "termination" else {}
    path = f"{answer.headers['content-location']}/{last}"
    problem = refused(await post(doors, PAYER, path, body, answer.headers["etag"]), 409, "contract-not-in-state")
    assert problem["detail"].startswith("This is possible while the contract is: ")


async def test_a_contract_ends_within_its_time(doors: Doors) -> None:
    answer = await active(doors)
    path = f"{answer.headers['content-location']}/termination"
    late = await post(doors, PAYER, path, {"terminatedOn": "2029-01-02"}, answer.headers["etag"])
    problem = refused(late, 422, "termination-date-not-allowed", "/terminatedOn")
    assert problem["errors"][0]["detail"] == "From 2026-01-01 to 2029-01-01."
    wrong = await post(doors, PAYER, path, {"terminatedOn": "1830297600"}, answer.headers["etag"])
    refused(wrong, 422, "shape-not-allowed", "/terminatedOn")


async def test_nobody_drafts_for_another_payer(doors: Doors) -> None:
    refused(await post(doors, STRANGER, CONTRACTS, a_body()), 403, "role-not-allowed")


async def test_every_party_must_stand_in_the_directory(doors: Doors) -> None:
    body = a_body()
    body["parties"][1]["organisationId"] = body["payment"]["rules"][0]["payee"] = an_organisation_id(997)
    answer = await post(doors, PAYER, CONTRACTS, body)
    refused(answer, 422, "organisation-not-registered", "/parties/1/organisationId")


async def test_an_organisation_lists_its_own_contracts_page_by_page(doors: Doors) -> None:
    made = [(await drafted(doors)).json()["id"] for _ in range(3)]
    seen: list[str] = []
    path = f"{CONTRACTS}?limit=2"
    while path:
        answer = await get(doors, EVALUATOR, path)
        assert len(answer.json()["items"]) <= 2
        seen += [contract["id"] for contract in answer.json()["items"]]
        path = answer.headers["link"].split(">")[0].lstrip("<") if "nextCursor" in answer.json() else ""
    assert [id_ for id_ in seen if id_ in made] == made
    assert len(seen) == len(set(seen))
    assert (await get(doors, an_organisation_id(996), CONTRACTS)).json() == {"items": []}


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=ten", "cursor=x", "cursor=AAAA", "cursor=w6k"])
async def test_a_list_says_which_query_it_takes(doors: Doors, query: str) -> None:
    answer = await get(doors, PAYER, f"{CONTRACTS}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?" + query.split("=")[0]


async def test_services_ask_who_is_party_of_a_contract(doors: Doors) -> None:
    contract = (await drafted(doors)).json()["id"]
    client = doors.as_service("outcomes-service")
    answer = await client.get(f"/internal/contracts/{contract}")
    assert answer.json() == {"contractId": contract, "parties": list(PARTIES), "state": "draft"}
    refused(await client.get(f"/internal/contracts/{UNKNOWN}"), 404, "not-found")
    refused(await get(doors, PAYER, f"/internal/contracts/{contract}"), 403, "key-not-for-this-door")
    refused(await client.get(f"{CONTRACTS}/{contract}"), 403, "key-not-for-this-door")
    refused(await doors.as_nobody().get(f"{CONTRACTS}/{contract}"), 401, "token-missing")
