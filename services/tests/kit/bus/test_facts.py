"""Asking the owner of facts for them: its door, and the side of whoever asks."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.events.contracts import OrganisationRegistered
from services.events.envelope import Envelope
from services.kit.app import About
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell
from services.kit.facts.owners import OwnerNotKnown, Owners, OwnerUnavailable
from services.kit.process import clock
from services.kit.process.caller import service_caller
from services.kit.process.settings import ServiceSettings
from services.kit.testing import Doors, Urls, a_caller, as_admin, open_doors

SOURCE = "urn:enzym:kit-service"
PEER = "listeners-service"
NAMES = ("Sheffield", 'Middelfart "by"', "\u00c5rhus \u2028")


@pytest.fixture
async def doors(kit_database: Urls, tmp_path: Path) -> AsyncIterator[Doors]:
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    about = About("kit-service", "Kit", "For tests.", tmp_path, ())
    async with open_doors(about, ServiceSettings, kit_database, tmp_path, peers=(PEER,)) as doors:
        yield doors


@pytest.fixture
async def told(kit_database: Urls) -> list[Envelope]:
    """Three facts of aggregate `a` and one of `b`; those of `a`, as they go out."""
    database = Database(kit_database.worker, application="teller")
    async with database.transaction("service:kit-service") as connection:
        tx = Transaction(connection, service_caller("kit-service"), clock.now(), clock.random_id())
        await tell(tx, "a", [OrganisationRegistered(organisation_id="x", name=name) for name in NAMES])
        await tell(tx, "b", [OrganisationRegistered(organisation_id="y", name="other")])
    await database.close()
    rows = await as_admin(
        kit_database,
        "select event_id as id, type, sequence, recorded_at as time, correlation_id, body::text as body "
        "from fact where aggregate = 'a' order by sequence",
    )
    return [Envelope(**{**row, "body": row["body"].encode()}, source=SOURCE, aggregate="a") for row in rows]


async def test_a_peer_is_given_the_facts_as_they_went_out(doors: Doors, told: list[Envelope]) -> None:
    async with doors.as_service(PEER) as client:
        owners = Owners({SOURCE: client})
        assert await owners.fetch_missing(SOURCE, "a", 1) == told
        assert await owners.fetch_missing(SOURCE, "a", 3) == told[2:]
        assert await owners.fetch_missing(SOURCE, "a", 4) == []
        assert await owners.fetch_missing(SOURCE, "nothing", 1) == []
        page = await client.get("/internal/facts", params={"aggregate": "a", "limit": 2})
    assert [row["sequence"] for row in page.json()["items"]] == [1, 2]


async def test_a_peer_is_told_the_head_of_an_aggregate(doors: Doors, told: list[Envelope]) -> None:
    async with doors.as_service(PEER) as client:
        owners = Owners({SOURCE: client})
        assert (await owners.head(SOURCE, "a"), await owners.head(SOURCE, "b")) == (3, 1)
        assert await owners.head(SOURCE, "nothing") == 0


@pytest.mark.parametrize("path", ["/internal/facts?aggregate=a", "/internal/heads?aggregate=a"])
async def test_nobody_but_services_gets_there(doors: Doors, told: list[Envelope], path: str) -> None:
    async with doors.as_(a_caller("0088:9521000000018", "read")) as client:
        assert (await client.get(path)).status_code == 403
    async with doors.as_nobody() as client:
        assert (await client.get(path)).status_code == 401


@pytest.mark.parametrize("query", ["", "aggregate=a&from=0", "aggregate=a&limit=501", "aggregate=a&from=x"])
async def test_a_question_that_makes_no_sense_is_refused(doors: Doors, query: str) -> None:
    async with doors.as_service(PEER) as client:
        assert (await client.get(f"/internal/facts?{query}")).status_code == 422


async def test_a_source_that_nobody_knows_is_broken() -> None:
    with pytest.raises(OwnerNotKnown):
        await Owners({}).fetch_missing(SOURCE, "a", 1)


def unreachable(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (unreachable, OwnerUnavailable),
        (lambda _: httpx.Response(503), OwnerUnavailable),
        (lambda _: httpx.Response(403), OwnerUnavailable),
        (lambda _: httpx.Response(302), OwnerUnavailable),
        (lambda _: httpx.Response(200, json={"items": [{}]}), OwnerNotKnown),
        (lambda _: httpx.Response(200, text="<html>"), OwnerNotKnown),
    ],
)
async def test_an_owner_that_does_not_answer_as_agreed_is_told_apart(answer: object, expected: type[Exception]) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://owner") as client:  # type: ignore[arg-type]
        with pytest.raises(expected):
            await Owners({SOURCE: client}).fetch_missing(SOURCE, "a", 1)
