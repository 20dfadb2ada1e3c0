from typing import Any

import pytest

from services.kit.testing import Doors, Urls, a_caller, as_admin, new_key

from ..builders import PAYER, STRANGER, an_organisation_id
from .asking import get, post, refused

ORGANISATIONS = "/v1/organisations"
UNITS = [{"gln": "9521000000056", "name": "Employment department"}]


async def put(doors: Doors, organisation: str, id_: str, body: Any, etag: str | None) -> Any:
    headers = {} if etag is None else {"If-Match": etag}
    return await doors.as_(a_caller(organisation)).put(f"{ORGANISATIONS}/{id_}", json=body, headers=headers)


async def registered(doors: Doors, number: int) -> str:
    me = an_organisation_id(number)
    answer = await post(doors, me, ORGANISATIONS, {"id": me, "name": "Me", "units": UNITS})
    assert (answer.status_code, answer.headers["location"]) == (201, f"{ORGANISATIONS}/{me}")
    return me


async def test_an_organisation_registers_itself_and_everybody_reads_it(doors: Doors) -> None:
    me = await registered(doors, 21)
    shown = await get(doors, STRANGER, f"{ORGANISATIONS}/{me}")
    entry = shown.json()
    assert entry.pop("registeredAt").endswith("Z")
    assert entry == {"id": me, "name": "Me", "units": UNITS, "revision": 1}
    known = await get(doors, STRANGER, f"{ORGANISATIONS}/{me}", **{"If-None-Match": shown.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    refused(await post(doors, me, ORGANISATIONS, {"id": me, "name": "Me"}), 409, "organisation-already-registered")


async def test_an_organisation_changes_its_own_entry_on_what_it_read(doors: Doors, urls: Urls) -> None:
    me = await registered(doors, 22)
    changed = await put(doors, me, me, {"name": "New name"}, '"1"')
    assert (changed.status_code, changed.json()["name"], changed.json()["units"]) == (200, "New name", [])
    assert changed.headers["etag"] == '"2"'
    refused(await put(doors, me, me, {"name": "Newer"}, '"1"'), 412, "version-stale")
    refused(await put(doors, me, me, {"name": "Newer"}, None), 428, "version-required")
    refused(await put(doors, PAYER, me, {"name": "Mine"}, '"2"'), 403, "organisation-not-yours")
    other = an_organisation_id(23)
    refused(await put(doors, other, other, {"name": "Nobody"}, '"1"'), 404, "not-found")
    rows = await as_admin(urls, "select outcome from audit where object = $1 order by id", f"{ORGANISATIONS}/{me}")
    assert [row["outcome"] for row in rows] == ["done", "version-stale", "organisation-not-yours"]


async def test_nobody_registers_another(doors: Doors) -> None:
    answer = await post(doors, PAYER, ORGANISATIONS, {"id": an_organisation_id(24), "name": "Theirs"})
    refused(answer, 403, "organisation-not-yours")


async def test_an_unknown_organisation_is_not_found(doors: Doors) -> None:
    for id_ in (an_organisation_id(995), "nobody", "%00"):
        refused(await get(doors, PAYER, f"{ORGANISATIONS}/{id_}"), 404, "not-found")


async def test_the_directory_is_listed_page_by_page(doors: Doors) -> None:
    me = await registered(doors, 25)
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await get(doors, STRANGER, f"{ORGANISATIONS}?limit=3{cursor}")).json()
        seen += [entry["id"] for entry in page["items"]]
        if "nextCursor" not in page:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert seen == sorted(set(seen))
    assert me in seen


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"name": "Me"}, "shape-not-allowed", "/id"),
        ({"id": "0088:9521000000019", "name": "Me"}, "organisation-id-not-valid", "/id"),
        ({"id": "0237:2110625629", "name": "Me"}, "personal-number", "/id"),
        ({"id": PAYER}, "shape-not-allowed", "/name"),
        ({"id": PAYER, "name": ""}, "shape-not-allowed", "/name"),
        ({"id": PAYER, "name": " Me"}, "shape-not-allowed", "/name"),
        (
            {"id": PAYER, "name": "Me", "units": [{"gln": "9521000000057", "name": "x"}]},
            "units-not-valid",
            "/units/0/gln",
        ),
        ({"id": PAYER, "name": "Me", "units": [{"gln": "1"}]}, "shape-not-allowed", "/units/0/name"),
        ({"id": PAYER, "name": "Me", "owner": "x"}, "shape-not-allowed", "/owner"),
    ],
)
async def test_an_entry_that_is_not_as_it_should_be_names_the_field(
    doors: Doors, body: dict[str, Any], code: str, pointer: str
) -> None:
    refused(await post(doors, PAYER, ORGANISATIONS, body), 422, code, pointer)


async def test_a_change_needs_no_key_and_a_registration_does(doors: Doors) -> None:
    me = an_organisation_id(26)
    client = doors.as_(a_caller(me))
    refused(await client.post(ORGANISATIONS, json={"id": me, "name": "Me"}), 400, "idempotency-key-needed")
    assert (await client.post(ORGANISATIONS, json={"id": me, "name": "Me"}, headers=new_key())).status_code == 201
    assert (await put(doors, me, me, {"name": "Still me"}, '"1"')).status_code == 200
