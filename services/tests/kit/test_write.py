"""The one write template, behind a service of one route."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import APIRouter, Request, Response
from sqlalchemy import text

from services.core.errors import Conflict
from services.events.contracts import OrganisationRegistered
from services.kit.app import About
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.doors.http import Reply, StrictRoute
from services.kit.doors.shapes import Shape
from services.kit.doors.write import reading, write
from services.kit.facts.outbox import tell
from services.kit.process.settings import ServiceSettings
from services.kit.testing import Doors, Urls, a_caller, as_admin, new_key, open_doors

router = APIRouter(prefix="/v1", route_class=StrictRoute)
ANNA = a_caller("0088:9521000000018", "sign")
OTHER = a_caller("0088:9521000000025", "sign", subject="bo")


class Note(Shape):
    """What this service keeps."""

    text: str


class NoteNotWanted(Conflict):
    """The text was `no`."""

    code = "note-not-wanted"


@router.post("/notes")
async def post_note(request: Request, note: Note) -> Response:
    async def work(tx: Transaction) -> Reply:
        await tell(tx, tx.caller.organisation, [OrganisationRegistered(organisation_id="x", name=note.text)])
        if note.text == "no":
            raise NoteNotWanted("Any other text.")
        if note.text == "slow":
            await tx.connection.execute(text("select pg_sleep(1)"))
        return Reply(201, note, {"location": "/v1/notes/1"})

    return await write(request, "post_note", work)


@router.get("/facts")
async def count_facts(request: Request) -> int:
    async with reading(request) as tx:
        return int((await tx.connection.execute(text("select count(*) from fact"))).scalar_one())


@pytest.fixture
async def doors(kit_database: Urls, tmp_path: Path) -> AsyncIterator[Doors]:
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    about = About("kit-service", "Kit", "For tests.", tmp_path, (router,))
    async with open_doors(about, ServiceSettings, kit_database, tmp_path) as doors:
        yield doors


async def test_a_command_leaves_its_fact_its_audit_row_and_its_answer(doors: Doors, kit_database: Urls) -> None:
    answer = await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=new_key())
    assert (answer.status_code, answer.json(), answer.headers["location"]) == (201, {"text": "yes"}, "/v1/notes/1")
    (fact,) = await as_admin(kit_database, "select * from fact")
    assert (fact["type"], fact["sequence"]) == ("eu.enzym.organisation.registered.v1", 1)
    assert await as_admin(kit_database, "select * from fact_unpublished") == [{"fact_id": fact["id"]}]
    (row,) = await as_admin(kit_database, "select * from audit")
    assert (row["subject"], row["operation"], row["object"], row["outcome"]) == (
        "anna",
        "post_note",
        "/v1/notes",
        "done",
    )
    assert row["correlation_id"] == fact["correlation_id"] == UUID(answer.headers["x-correlation-id"])


async def test_the_same_command_again_is_answered_again_and_happens_once(doors: Doors, kit_database: Urls) -> None:
    key = new_key()
    first = await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=key)
    again = await doors.as_(ANNA).post("/v1/notes", content=b'{ "text" : "yes" }', headers={**key, **JSON})
    assert (again.status_code, again.content, again.headers["location"]) == (201, first.content, "/v1/notes/1")
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(await as_admin(kit_database, "select * from fact")) == 1


JSON = {"Content-Type": "application/json"}


async def test_a_key_that_stood_for_another_body_is_refused(doors: Doors) -> None:
    key = new_key()
    await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=key)
    other = await doors.as_(ANNA).post("/v1/notes", json={"text": "other"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_two_organisations_may_choose_the_same_key(doors: Doors, kit_database: Urls) -> None:
    key = new_key()
    for caller in (ANNA, OTHER):
        answer = await doors.as_(caller).post("/v1/notes", json={"text": "yes"}, headers=key)
        assert answer.status_code == 201
        assert "idempotency-replayed" not in answer.headers
    assert len(await as_admin(kit_database, "select * from fact")) == 2


async def test_a_refusal_changes_nothing_frees_the_key_and_is_audited(doors: Doors, kit_database: Urls) -> None:
    key = new_key()
    answer = await doors.as_(ANNA).post("/v1/notes", json={"text": "no"}, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "note-not-wanted")
    assert await as_admin(kit_database, "select * from fact") == []
    assert await as_admin(kit_database, "select * from idempotency") == []
    (row,) = await as_admin(kit_database, "select * from audit")
    assert row["outcome"] == "note-not-wanted"


async def test_a_twin_at_work_waits_or_is_told_so_and_the_command_happens_once(
    doors: Doors, kit_database: Urls
) -> None:
    key = new_key()
    client = doors.as_(ANNA)
    first, twin = await asyncio.gather(
        *(client.post("/v1/notes", json={"text": "slow"}, headers=key) for _ in range(2))
    )
    assert {first.status_code, twin.status_code} <= {201, 409}
    assert len(await as_admin(kit_database, "select * from fact")) == 1


@pytest.mark.parametrize("key", [None, "short", "x" * 129, "with space in it", "case-211062-5629"])
async def test_a_command_needs_a_key_of_its_own(doors: Doors, key: str | None) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    answer = await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-needed")
    assert answer.json()["errors"][0]["pointer"] == "Idempotency-Key"


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b'{"text": "a", "text": "b"}', "application/json", 400, "json-not-readable"),
        (b'{"text": "a\\u0000"}', "application/json", 400, "json-not-readable"),
        (b'{"text": NaN}', "application/json", 400, "json-not-readable"),
        (b'{"text": "case 211062-5629"}', "application/json", 422, "personal-number"),
        (b'{"text": "a", "canary": 1}', "application/json", 422, "shape-not-allowed"),
        (b'{"text": 1}', "application/json", 422, "shape-not-allowed"),
        (b"", "application/json", 422, "shape-not-allowed"),
        (b'{"text": "a"}', "text/plain", 415, "unsupported-media-type"),
        (b'{"text": "' + b"a" * 1024 * 1024 + b'"}', "application/json", 413, "too-large"),
    ],
    ids=["twice", "NUL", "NaN", "personal number", "unknown field", "type", "empty", "media type", "too large"],
)
async def test_a_body_that_is_not_as_it_should_be_is_a_problem_that_repeats_nothing(
    doors: Doors, kit_database: Urls, body: bytes, media_type: str, status: int, code: str
) -> None:
    headers = {**new_key(), "Content-Type": media_type}
    answer = await doors.as_(ANNA).post("/v1/notes", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"211062" not in answer.content
    assert await as_admin(kit_database, "select * from fact") == []


async def test_a_reader_sees_no_fact_and_nobody_is_answered_without_a_token(doors: Doors) -> None:
    await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=new_key())
    assert (await doors.as_(ANNA).get("/v1/facts")).json() == 0
    assert (await doors.as_nobody().get("/v1/facts")).status_code == 401


@pytest.mark.parametrize(
    "statement", ["update fact set type = 'x'", "delete from audit", "truncate fact", "delete from fact"]
)
async def test_what_only_grows_refuses_even_the_administrator(doors: Doors, kit_database: Urls, statement: str) -> None:
    await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=new_key())
    with pytest.raises(Exception, match="rows here are only ever added"):
        await as_admin(kit_database, statement)


_CUT_AT_THE_END = (
    "create function cut() returns trigger language plpgsql as "
    "'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'",
    "create constraint trigger cut after insert on fact deferrable initially deferred "
    "for each row execute function cut()",
)


async def test_a_commit_that_is_cut_is_not_known_and_the_same_key_tells_what_happened(
    doors: Doors, kit_database: Urls
) -> None:
    """The page of what happens when a part dies said that this was tried; only an upload with the error put in was."""
    for statement in _CUT_AT_THE_END:
        await as_admin(kit_database, statement)
    key = new_key()
    cut = await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=key)
    assert (cut.status_code, cut.json()["code"]) == (503, "outcome-unknown")
    assert "retry-after" in cut.headers
    await as_admin(kit_database, "drop trigger cut on fact")
    again = await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=key)
    assert (again.status_code, again.json()) == (201, {"text": "yes"})
    assert len(await as_admin(kit_database, "select * from fact")) == 1


async def test_while_the_database_is_away_a_service_lives_is_not_ready_and_says_when_to_come_again(
    doors: Doors, kit_database: Urls
) -> None:
    """A process that says it is dead when its database is away is started anew for nothing; one that says it is ready
    is sent what it cannot do."""
    there, key = doors.app.state.database, new_key()
    doors.app.state.database = Database("postgresql+asyncpg://nobody@/nothing?host=/nowhere", application="test")
    assert (await doors.as_nobody().get("/livez")).status_code == 200
    not_ready = await doors.as_nobody().get("/readyz")
    refused = await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=key)
    for answer in (not_ready, refused):
        assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
        assert "retry-after" in answer.headers
    doors.app.state.database = there
    assert (await doors.as_(ANNA).post("/v1/notes", json={"text": "yes"}, headers=key)).status_code == 201
    assert len(await as_admin(kit_database, "select * from fact")) == 1
