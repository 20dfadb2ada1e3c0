import base64
import hashlib
import json
from typing import Any

import pytest
import rfc8785

from services.kit.testing import Doors

from ..builders import EVALUATOR, INVESTOR, PARTIES, PAYER, PROVIDER, an_agreement
from .asking import active, drafted, get, led, post, refused, signed_by


async def test_a_party_can_check_everything_that_it_signs(doors: Doors) -> None:
    answer = await drafted(doors)
    terms = await get(doors, INVESTOR, f"{answer.headers['location']}/terms/1")
    shown = terms.json()
    assert terms.headers["etag"] == f'"{shown["root"]}"'
    assert (shown["version"], shown["state"], shown["effectiveFrom"]) == (1, "draft", "2026-01-01")
    assert hashlib.sha256(rfc8785.dumps(shown["rootDocument"])).hexdigest() == shown["root"] == answer.json()["root"]
    assert shown["rootDocument"]["contractId"] == answer.json()["id"]
    for name, part in shown["parts"].items():
        assert part["content"] == an_agreement()[name]
        salted = bytes.fromhex(part["salt"]) + rfc8785.dumps(part["content"])
        assert hashlib.sha256(salted).hexdigest() == part["sha256"] == shown["rootDocument"]["parts"][name]


async def test_a_part_is_served_as_exactly_the_signed_bytes(doors: Doors) -> None:
    path = f"{(await drafted(doors)).headers['location']}/terms/1"
    shown = (await get(doors, PROVIDER, path)).json()["parts"]["payment"]
    part = await get(doors, PROVIDER, f"{path}/parts/payment")
    assert part.headers["content-type"] == "application/json"
    assert part.headers["etag"] == f'"{shown["sha256"]}"'
    assert hashlib.sha256(bytes.fromhex(shown["salt"]) + part.content).hexdigest() == shown["sha256"]
    digest = base64.b64encode(hashlib.sha256(part.content).digest()).decode()
    assert part.headers["content-digest"] == f"sha-256=:{digest}:"
    known = await get(doors, PROVIDER, f"{path}/parts/payment", **{"If-None-Match": f'"x", W/{part.headers["etag"]}'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", part.headers["etag"])


async def test_a_part_that_names_its_readers_is_shown_to_these_alone(doors: Doors) -> None:
    payment = {**an_agreement()["payment"], "readableBy": ["payer", "investor"]}
    path = f"{(await active(doors, payment=payment)).headers['content-location']}/terms/1"
    for organisation in (PROVIDER, EVALUATOR):
        shown = (await get(doors, organisation, path)).json()
        assert set(shown["parts"]["payment"]) == {"sha256"}
        assert shown["parts"]["outcomes"]["content"] == an_agreement()["outcomes"]
        refused(await get(doors, organisation, f"{path}/parts/payment"), 403, "role-not-allowed")
    assert (await get(doors, INVESTOR, path)).json()["parts"]["payment"]["content"] == payment


@pytest.mark.parametrize("rest", ["0", "2", "999999999", "1000000000", "x", "1/parts/investment", "1/parts/%00"])
async def test_there_is_no_other_version_or_part(doors: Doors, rest: str) -> None:
    path = (await drafted(doors)).headers["location"]
    refused(await get(doors, PAYER, f"{path}/terms/{rest}"), 404, "not-found")


async def test_signing_what_is_not_offered_any_more_is_refused(doors: Doors) -> None:
    answer = await led(doors, await drafted(doors), "proposal")
    before = answer.json()
    path = answer.headers["content-location"]
    other = {**an_agreement(), "claimsCloseOn": "2030-01-01"}
    redrafted = await post(doors, PAYER, f"{path}/terms", other, answer.headers["etag"])
    assert (redrafted.status_code, redrafted.headers["location"]) == (201, f"{path}/terms/2")
    assert (redrafted.json()["state"], redrafted.json()["claimsCloseOn"]) == ("draft", "2030-01-01")
    answer = await led(doors, redrafted, "proposal")
    for body in (
        {"version": 1, "root": before["root"]},
        {"version": 2, "root": before["root"]},
        {"version": 1, "root": answer.json()["root"]},
    ):
        stale = await post(doors, INVESTOR, f"{path}/signatures", body, answer.headers["etag"])
        problem = refused(stale, 409, "terms-version-stale")
        assert "Read the terms again" in problem["detail"]
    late = await post(doors, INVESTOR, f"{path}/signatures", body, '"2"')
    refused(late, 412, "version-stale")
    versions = (await get(doors, PROVIDER, f"{path}/terms")).json()["items"]
    assert [(terms["version"], terms["state"]) for terms in versions] == [(1, "replaced"), (2, "proposed")]
    paged = await get(doors, PROVIDER, f"{path}/terms?limit=1")
    second = await get(doors, PROVIDER, f"{path}/terms?limit=1&cursor={paged.json()['nextCursor']}")
    assert [terms["version"] for terms in second.json()["items"]] == [2]


async def test_a_party_signs_once_and_no_draft(doors: Doors) -> None:
    answer = await drafted(doors)
    body = {"version": 1, "root": answer.json()["root"]}
    path = f"{answer.headers['location']}/signatures"
    refused(await post(doors, INVESTOR, path, body, '"1"'), 409, "contract-not-in-state")
    answer = await signed_by(doors, await led(doors, answer, "proposal"), INVESTOR)
    refused(await post(doors, INVESTOR, path, body, answer.headers["etag"]), 409, "already-signed")
    answer = await signed_by(doors, answer, *(party for party in PARTIES if party != INVESTOR))
    refused(await post(doors, INVESTOR, path, body, answer.headers["etag"]), 409, "already-signed")


async def test_signatures_say_who_agreed_to_what(doors: Doors) -> None:
    answer = await led(doors, await drafted(doors), "proposal")
    path, root = f"{answer.headers['content-location']}/signatures", answer.json()["root"]
    body = {"version": 1, "root": root, "jws": "eyJhbGciOiJFZDI1NTE5In0..c2lnbmF0dXJl"}
    answer = await post(doors, INVESTOR, path, body, answer.headers["etag"])
    await signed_by(doors, answer, PROVIDER)
    items = (await get(doors, EVALUATOR, path)).json()["items"]
    signed_at = [item.pop("signedAt") for item in items]
    assert all(at.endswith("Z") for at in signed_at)
    person = {"issuer": "https://identity.example", "subject": "anna", "actor": "person"}
    assert items == [
        {**body, "organisationId": INVESTOR, **person},
        {"version": 1, "root": root, "organisationId": PROVIDER, **person},
    ]
    first = (await get(doors, EVALUATOR, f"{path}?limit=1")).json()
    second = (await get(doors, EVALUATOR, f"{path}?limit=1&cursor={first['nextCursor']}")).json()
    assert [item["organisationId"] for item in second["items"]] == [PROVIDER]
    assert "nextCursor" not in second


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"root": "0" * 64}, "/version"),
        ({"version": 0, "root": "0" * 64}, "/version"),
        ({"version": "1", "root": "0" * 64}, "/version"),
        ({"version": True, "root": "0" * 64}, "/version"),
        ({"version": 1, "root": "0" * 63}, "/root"),
        ({"version": 1, "root": "A" * 64}, "/root"),
        ({"version": 1, "root": "0" * 64, "jws": "a.b.c"}, "/jws"),
        ({"version": 1, "root": "0" * 64, "jws": "a..b\n"}, "/jws"),
        ({"version": 1, "root": "0" * 64, "jws": "a.." + "b" * 8190}, "/jws"),
        ({"version": 1, "root": "0" * 64, "organisationId": PAYER}, "/organisationId"),
    ],
)
async def test_a_signature_has_its_form(doors: Doors, body: dict[str, Any], pointer: str) -> None:
    path = f"{(await drafted(doors)).headers['location']}/signatures"
    refused(await post(doors, INVESTOR, path, body, '"1"'), 422, "shape-not-allowed", pointer)


async def test_a_version_too_great_to_be_one_is_stale_like_any_other(doors: Doors) -> None:
    path = f"{(await drafted(doors)).headers['location']}/signatures"
    body = {"version": 999_999_999_999_999, "root": "0" * 64}
    refused(await post(doors, INVESTOR, path, body, '"1"'), 409, "terms-version-stale")


async def test_what_a_body_says_in_another_order_is_kept_canonically(doors: Doors) -> None:
    document = {**an_agreement(), "outcomes": dict(reversed(an_agreement()["outcomes"].items()))}
    path = (await drafted(doors, outcomes=document["outcomes"])).headers["location"]
    part = await get(doors, PAYER, f"{path}/terms/1/parts/outcomes")
    assert part.content == rfc8785.dumps(an_agreement()["outcomes"])
    assert json.loads(part.content) == an_agreement()["outcomes"]
