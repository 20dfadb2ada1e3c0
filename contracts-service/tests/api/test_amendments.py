from typing import Any

import httpx
import pytest

from services.kit.testing import Doors

from ..builders import EVALUATOR, INVESTOR, NAMES, PARTIES, PAYER, PROVIDER, STRANGER, an_amendment, another_evaluator
from .asking import active, get, led, post, refused, signed_by


async def amending(doors: Doors, answer: httpx.Response, document: dict[str, Any] | None = None) -> httpx.Response:
    """The answer to an amendment that is drafted."""
    path = f"{answer.headers['content-location']}/terms"
    drafted = await post(doors, PAYER, path, document or an_amendment(), answer.headers["etag"])
    assert drafted.status_code == 201, drafted.text
    return drafted


async def test_an_amendment_goes_from_draft_to_effect(doors: Doors) -> None:
    answer = await active(doors)
    path, first = answer.headers["content-location"], answer.json()
    assert (first["termsState"], first["beganOn"], "amendment" in first) == ("effective", "2026-01-01", False)
    answer = await amending(doors, answer)
    assert answer.headers["location"] == f"{path}/terms/2"
    answer = await led(doors, answer, "proposal")
    answer = await signed_by(doors, answer, INVESTOR)
    shown = (await get(doors, PROVIDER, path)).json()
    assert shown == answer.json()
    amendment = shown.pop("amendment")
    assert shown == {**first, "revision": first["revision"] + 3}
    assert amendment["parties"][1].pop("signedAt").endswith("Z")
    assert amendment == {
        "version": 2,
        "termsState": "proposed",
        "root": amendment["root"],
        "parties": [{**party, "name": NAMES[party["organisationId"]]} for party in an_amendment()["parties"]],
        "leaving": [],
        **{name: an_amendment()[name] for name in ("servicePeriod", "outcomePeriod", "claimsCloseOn", "effectiveFrom")},
    }
    answer = await signed_by(doors, answer, *(party for party in PARTIES if party != INVESTOR))
    assert (answer.json()["state"], answer.json()["amendment"]["termsState"]) == ("active", "signed")
    answer = await led(doors, answer, "activation")
    now = answer.json()
    assert (now["state"], now["version"], now["termsState"], now["root"]) == (
        "active",
        2,
        "effective",
        amendment["root"],
    )
    assert (now["effectiveFrom"], now["beganOn"], "amendment" in now) == ("2027-01-01", "2026-01-01", False)
    assert all("signedAt" in party for party in now["parties"])
    versions = (await get(doors, PROVIDER, f"{path}/terms")).json()["items"]
    assert [(terms["version"], terms["state"]) for terms in versions] == [(1, "effective"), (2, "effective")]


async def test_who_comes_and_who_leaves_sign_and_see_what_is_theirs(doors: Doors) -> None:
    answer = await led(doors, await amending(doors, await active(doors), another_evaluator()), "proposal")
    path = answer.headers["content-location"]
    assert answer.json()["amendment"]["leaving"] == [{"organisationId": EVALUATOR, "name": NAMES[EVALUATOR]}]
    shown = (await get(doors, STRANGER, path)).json()
    assert (shown["state"], shown["version"], shown["termsState"]) == ("active", 2, "proposed")
    assert shown["amendment"]["root"] == shown["root"]
    refused(await get(doors, STRANGER, f"{path}/terms/1"), 404, "not-found")
    answer = await signed_by(doors, answer, STRANGER, EVALUATOR, PAYER, INVESTOR, PROVIDER)
    answer = await led(doors, answer, "activation")
    left = await get(doors, EVALUATOR, path)
    assert EVALUATOR not in [party["organisationId"] for party in left.json()["parties"]]
    assert (await get(doors, EVALUATOR, f"{path}/terms/1")).status_code == 200
    refused(await post(doors, EVALUATOR, f"{path}/suspension", {}, left.headers["etag"]), 403, "role-not-allowed")


@pytest.mark.parametrize(
    ("other", "pointer", "code"),
    [
        ({"timeZone": "Europe/Oslo"}, "/timeZone", "time-zone-cannot-change"),
        ({"effectiveFrom": "2025-12-31"}, "/effectiveFrom", "effective-too-early"),
        ({"effectiveFrom": "2029-01-02"}, "/effectiveFrom", "effective-too-late"),
        (
            {"outcomePeriod": {"start": "2026-01-02", "end": "2029-01-01"}},
            "/outcomePeriod/start",
            "outcome-start-cannot-change",
        ),
    ],
)
async def test_what_an_amendment_may_not_change_is_named(
    doors: Doors, other: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await active(doors)
    path = f"{answer.headers['content-location']}/terms"
    problem = refused(
        await post(doors, PAYER, path, an_amendment(**other), answer.headers["etag"]), 422, "terms-not-valid", pointer
    )
    assert [fault["code"] for fault in problem["errors"]] == [code]


async def test_a_step_out_of_order_says_where_the_newest_terms_are(doors: Doors) -> None:
    answer = await active(doors)
    path, etag = answer.headers["content-location"], answer.headers["etag"]
    problem = refused(await post(doors, PAYER, f"{path}/activation", {}, etag), 409, "terms-not-in-state")
    assert problem["detail"] == "This is possible while the newest version is: signed. It is effective."


async def test_a_contract_is_suspended_and_resumed(doors: Doors) -> None:
    answer = await led(doors, await active(doors), "suspension")
    assert answer.json()["state"] == "suspended"
    answer = await led(doors, answer, "resumption")
    assert answer.json()["state"] == "active"


async def test_a_contract_is_not_completed_before_its_time(doors: Doors) -> None:
    answer = await active(doors)
    path = f"{answer.headers['content-location']}/completion"
    refused(await post(doors, PAYER, path, {}, answer.headers["etag"]), 409, "completion-too-early")


async def test_a_contract_whose_time_is_over_is_completed(doors: Doors) -> None:
    over = {"start": "2020-01-01", "end": "2022-01-01"}
    dates = {"servicePeriod": over, "outcomePeriod": over, "claimsCloseOn": "2022-07-01", "effectiveFrom": "2020-01-01"}
    answer = await led(doors, await active(doors, **dates), "completion")
    assert answer.json()["state"] == "completed"
    path = f"{answer.headers['content-location']}/suspension"
    refused(await post(doors, PAYER, path, {}, answer.headers["etag"]), 409, "contract-not-in-state")
