"""Tests: a service of one upload, and a client that sends and reads piece by piece."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import text

from services.core.errors import Conflict, EnzymError, Forbidden
from services.events.contracts import OrganisationChanged
from services.kit.app import About
from services.kit.database.transaction import Transaction
from services.kit.doors.bulk import Door, Kind, bulk
from services.kit.doors.ndjson import NdjsonRoute
from services.kit.doors.shapes import Shape
from services.kit.facts.outbox import tell
from services.kit.testing import Doors, Urls, a_caller, as_admin, eventually

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
        kept = [OrganisationChanged(organisation_id="x", name=note) for note in texts if note != "no"]
        await tell(tx, tx.caller.organisation, kept)
        return [
            Kept("refused", error=NoteNotWanted()) if note == "no" else Kept("created", UUID(int=7)) for note in texts
        ]


def name_of(document: Any) -> dict[str, str]:
    note = document.get("text") if isinstance(document, dict) else None
    return {"text": note} if isinstance(note, str) and note.isalpha() else {}


@router.post("/notes")
async def take_notes(request: Request) -> Response:
    """Many."""
    return await bulk(request, Door(operation="take_notes", shape=Note, work=request.app.state.work, name=name_of))


@plain.post("/notes")
async def take_note(request: Request) -> str:
    """One."""
    return "one"


@plain.post("/only-many")
async def only_many(request: Request) -> Response:
    """Many, and nothing else."""
    return await bulk(request, Door(operation="only_many", shape=Note, work=request.app.state.work))


def about(folder: Path) -> About:
    """The service, with an empty history of migrations."""
    (folder / "migrations" / "versions").mkdir(parents=True)
    return About("kit-service", "Kit", "For tests.", folder, (router, plain))


def lines(texts: Iterable[str]) -> bytes:
    return b"".join(json.dumps({"text": note}).encode() + b"\n" for note in texts)


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
