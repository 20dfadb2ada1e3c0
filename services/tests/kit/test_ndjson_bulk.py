"""Tests: the bulk door, behind a service of one upload: what is kept, what is answered, and when."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from fastapi import APIRouter, Request, Response
from sqlalchemy import text

from services.core.errors import Conflict, EnzymError, Forbidden
from services.events.contracts import OrganisationChanged
from services.kit import bulk as bulk_door
from services.kit import clock
from services.kit.app import About
from services.kit.bulk import Kind, bulk
from services.kit.database import DatabaseUnavailable, OutcomeUnknown
from services.kit.ndjson import LINE_LIMIT, NdjsonRoute
from services.kit.outbox import tell
from services.kit.settings import ServiceSettings
from services.kit.shapes import Shape
from services.kit.testing import Doors, Urls, a_caller, as_admin, eventually, open_doors
from services.kit.transaction import Transaction

CALLER = a_caller("0088:9521000000018", "report")
STRANGER = a_caller("0088:9521000000025", "report")
NDJSON = "application/x-ndjson"
PATH = "/v1/notes"

router = APIRouter(prefix="/v1", route_class=NdjsonRoute)
plain = APIRouter(prefix="/v1")


class Note(Shape):
    """A row: what it says decides what becomes of it."""

    text: str


class Kept(NamedTuple):
    """What became of a row."""

    kind: Kind
    id: UUID | None = None
    error: EnzymError | None = None


class NoteNotWanted(Conflict):
    """The text was `no`."""

    code = "note-not-wanted"


class Stranger(Forbidden):
    """Not one of those who may."""

    code = "stranger"


class Work:
    """Keeps each row as a fact; counts the transactions that it was asked for."""

    def __init__(self) -> None:
        self.chunks: list[int] = []
        self.fails: list[Exception] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, tx: Transaction, rows: Sequence[Note]) -> list[Kept]:
        if tx.caller.organisation == STRANGER.organisation:
            raise Stranger()
        if not rows:
            return []
        await self.go_on.wait()
        self.chunks.append(len(rows))
        texts = [row.text for row in rows]
        if self.fails:
            raise self.fails.pop()
        if "poison" in texts:
            await tx.connection.execute(text("select 1 / 0"))
        kept = [OrganisationChanged(organisation_id="x", name=one) for one in texts if one != "no"]
        await tell(tx, tx.caller.organisation, kept)
        return [
            Kept("refused", error=NoteNotWanted()) if one == "no" else Kept("created", UUID(int=7)) for one in texts
        ]


def name_of(document: Any) -> dict[str, str]:
    said = document.get("text") if isinstance(document, dict) else None
    return {"text": said} if isinstance(said, str) and said.isalpha() else {}


@router.post("/notes")
async def take_notes(request: Request) -> Response:
    """Many."""
    return await bulk(request, "take_notes", Note, request.app.state.work, name_of)


@plain.post("/notes")
async def take_note(request: Request) -> str:
    """One."""
    return "one"


@plain.post("/only-many")
async def only_many(request: Request) -> Response:
    """Many, and nothing else."""
    return await bulk(request, "only_many", Note, request.app.state.work)


@pytest.fixture
async def doors(kit_database: Urls, tmp_path: Path) -> AsyncIterator[Doors]:
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    about = About("kit-service", "Kit", "For tests.", tmp_path, (router, plain))
    async with open_doors(about, ServiceSettings, kit_database, tmp_path) as doors:
        doors.app.state.work = Work()
        yield doors


def lines(texts: Iterable[str]) -> bytes:
    return b"".join(json.dumps({"text": one}).encode() + b"\n" for one in texts)


async def send(doors: Doors, body: Any, path: str = PATH, media_type: str = NDJSON) -> Any:
    client = doors.as_(CALLER)
    return await client.post(path, content=body, headers={"Content-Type": media_type})


def results(answer: bytes) -> tuple[list[dict[str, Any]], dict[str, int]]:
    *rows, last = [json.loads(line) for line in answer.splitlines()]
    assert Counter(row["result"] for row in rows) == Counter(last["summary"])
    return rows, last["summary"]


async def kept(kit_database: Urls) -> list[str]:
    rows = await as_admin(kit_database, "select body::text, sequence from fact order by id")
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    return [json.loads(row["body"])["name"] for row in rows]


class Client:
    """One request over ASGI, piece by piece."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.sending: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.received: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        token = self.doors.as_(CALLER).headers["authorization"]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": PATH,
            "raw_path": PATH.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"authorization", token.encode()), (b"content-type", NDJSON.encode())],
            "client": ("127.0.0.1", 1),
            "server": ("service", 80),
            "state": {},
        }
        await self.doors.app(scope, self.sending.get, self._receive)

    async def _receive(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.received.append(message)

    def send(self, piece: bytes, *, more: bool = True) -> None:
        self.sending.put_nowait({"type": "http.request", "body": piece, "more_body": more})

    def hang_up(self) -> None:
        self.sending.put_nowait({"type": "http.disconnect"})

    def answer(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.received)

    async def until_lines(self, count: int) -> None:
        async def there() -> bool:
            return self.answer().count(b"\n") >= count

        await eventually(there)


async def test_each_row_has_a_result_line_in_order_and_a_summary_ends_them(doors: Doors, kit_database: Urls) -> None:
    answer = await send(doors, lines(["one", "no", "two words", "three"]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, NDJSON)
    rows, summary = results(answer.content)
    seven = str(UUID(int=7))
    assert rows == [
        {"line": 1, "text": "one", "result": "created", "id": seven},
        {
            "line": 2,
            "text": "no",
            "result": "refused",
            "code": "note-not-wanted",
            "detail": "This clashes with what stands already",
        },
        {"line": 3, "result": "created", "id": seven},
        {"line": 4, "text": "three", "result": "created", "id": seven},
    ]
    assert summary == {"created": 3, "replayed": 0, "refused": 1, "failed": 0}
    assert await kept(kit_database) == ["one", "two words", "three"]
    assert [row["operation"] for row in await as_admin(kit_database, "select operation from audit")] == ["take_notes"]


async def test_what_is_wrong_with_a_row_stops_no_other(doors: Doors, kit_database: Urls) -> None:
    body = b'{"text":"one"}\r\n{"text":\n\n{"text":"\xff"}\n{"text":"' + b"x" * LINE_LIMIT + b'"}\n[]\n{"text":"last"}'
    rows, summary = results((await send(doors, body)).content)
    assert [(row["line"], row.get("code")) for row in rows] == [
        (1, None),
        (2, "json-not-readable"),
        (4, "json-not-readable"),
        (5, "line-too-long"),
        (6, "shape-not-allowed"),
        (7, None),
    ]
    assert summary["created"] == 2
    assert await kept(kit_database) == ["one", "last"]


async def test_a_fault_in_a_field_is_pointed_to_and_never_repeated(doors: Doors) -> None:
    answer = await send(doors, b'{"text":1,"canary":"2110625629"}\n{"text":"canary 211062-5629"}\n{"texts":"canary"}\n')
    assert b"canary" not in answer.content.replace(b'"pointer":"/canary"', b"")
    assert b"5629" not in answer.content
    rows, _ = results(answer.content)
    assert [row["code"] for row in rows] == ["personal-number", "personal-number", "shape-not-allowed"]
    assert {fault["pointer"] for fault in rows[1]["errors"]} == {"/text"}


async def test_nothing_sent_is_nothing_kept(doors: Doors) -> None:
    assert results((await send(doors, b"\n")).content) == (
        [],
        {"created": 0, "replayed": 0, "refused": 0, "failed": 0},
    )


async def test_who_may_not_is_refused_before_anything_is_read(doors: Doors, kit_database: Urls) -> None:
    answer = await doors.as_(STRANGER).post(PATH, content=lines(["one"]), headers={"Content-Type": NDJSON})
    assert (answer.status_code, answer.json()["code"]) == (403, "stranger")
    (row,) = await as_admin(kit_database, "select outcome from audit")
    assert row["outcome"] == "stranger"


async def test_the_media_type_says_which_twin_is_meant(doors: Doors) -> None:
    assert (await send(doors, b"{}", media_type="application/json")).json() == "one"
    assert (await send(doors, b"", media_type="Application/X-NDJSON; charset=utf-8")).status_code == 200
    refused = await send(doors, b"{}", "/v1/only-many", "application/json")
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported-media-type")


async def test_rows_are_written_in_chunks(doors: Doors, kit_database: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_door, "CHUNK_ROWS", 10)
    texts = [f"note {number}" for number in range(95)]
    rows, _ = results((await send(doors, lines(texts))).content)
    assert [row["line"] for row in rows] == list(range(1, 96))
    assert doors.app.state.work.chunks == [10] * 9 + [5]
    assert await kept(kit_database) == texts


async def test_a_row_that_fails_in_the_database_fails_alone(doors: Doors, kit_database: Urls) -> None:
    texts = [f"note {number}" for number in range(20)]
    texts[7] = "poison"
    rows, summary = results((await send(doors, lines(texts))).content)
    assert summary == {"created": 19, "replayed": 0, "refused": 0, "failed": 1}
    assert rows[7] == {
        "line": 8,
        "text": "poison",
        "result": "failed",
        "code": "internal-error",
        "detail": "Something went wrong on our side",
    }
    assert await kept(kit_database) == [one for one in texts if one != "poison"]


async def test_rows_fail_while_the_database_is_away_and_may_be_sent_again(doors: Doors) -> None:
    doors.app.state.work.fails = [DatabaseUnavailable()]
    rows, summary = results((await send(doors, lines(["one", "two"]))).content)
    assert {row["code"] for row in rows} == {"database-unavailable"}
    assert summary["failed"] == 2
    assert results((await send(doors, lines(["one", "two"]))).content)[1]["created"] == 2


async def test_a_commit_nobody_knows_of_is_tried_once_more(doors: Doors) -> None:
    doors.app.state.work.fails = [OutcomeUnknown()]
    assert results((await send(doors, lines(["one"]))).content)[1]["created"] == 1
    doors.app.state.work.fails = [OutcomeUnknown(), OutcomeUnknown()]
    assert results((await send(doors, lines(["one"]))).content)[1]["failed"] == 1


async def test_a_row_is_answered_while_the_client_has_more_to_send(doors: Doors) -> None:
    client = Client(doors)
    client.send(lines(["one"]) + b'{"text"')
    await client.until_lines(1)
    client.send(b':"two"}\n')
    await client.until_lines(2)
    client.send(b"", more=False)
    await client.task
    assert results(client.answer())[1]["created"] == 2


async def test_a_client_that_reads_nothing_until_it_has_sent_everything_stalls_nothing(
    doors: Doors, kit_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_door, "CHUNK_ROWS", 100)
    monkeypatch.setattr(bulk_door, "SPOOL_IN_MEMORY_BYTES", 1000)
    client = Client(doors)
    client.reads.clear()
    texts = [f"note {number}" for number in range(2000)]
    for start in range(0, 2000, 50):
        client.send(lines(texts[start : start + 50]), more=start < 1950)

    async def all_kept() -> bool:
        return len(await kept(kit_database)) == 2000

    await eventually(all_kept)
    assert client.received == []
    client.reads.set()
    await client.task
    assert results(client.answer())[1]["created"] == 2000


async def test_reading_waits_for_writing(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_door, "CHUNK_ROWS", 10)
    work = doors.app.state.work
    work.go_on.clear()
    client = Client(doors)
    for number in range(10):
        client.send(lines([f"note {number}"] * 10), more=number < 9)
    await asyncio.sleep(0.3)
    assert client.sending.qsize() >= 7
    work.go_on.set()
    await client.task
    assert results(client.answer())[1]["created"] == 100


async def test_what_was_committed_before_the_client_went_away_stays(doors: Doors, kit_database: Urls) -> None:
    client = Client(doors)
    client.send(lines(["one", "two"]))
    await client.until_lines(2)
    client.send(b'{"text":"half')
    client.hang_up()
    await client.task
    assert await kept(kit_database) == ["one", "two"]
    assert b'{"text":"half' not in client.answer()


async def test_a_body_over_the_limit_is_cut_and_told(
    doors: Doors, kit_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_door, "BULK_LIMIT", 100)
    declared = await send(doors, lines(["one"] * 20))
    assert (declared.status_code, declared.json()["code"]) == (413, "too-large")
    client = Client(doors)
    client.send(lines(["one"] * 3))
    client.send(lines(["one"] * 10))
    await client.task
    rows, _ = results(client.answer())
    assert [row.get("code") for row in rows] == [None, None, None, "too-large"]
    assert len(await kept(kit_database)) == 3


async def test_a_long_upload_is_never_held_as_a_whole(doors: Doors) -> None:
    most = 0

    async def count(tx: Transaction, rows: Sequence[Note]) -> list[Kept]:
        nonlocal most
        most = max(most, len(rows))
        return [Kept("replayed", clock.new_id()) for _ in rows]

    doors.app.state.work = count
    _, summary = results((await send(doors, lines(["one"] * 20_000))).content)
    assert summary["replayed"] == 20_000
    assert most == bulk_door.CHUNK_ROWS
