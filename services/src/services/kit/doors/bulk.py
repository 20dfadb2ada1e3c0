"""Kit: the bulk door: rows in as they come, one result line a row out as fast as the client reads.

Reading, writing and answering overlap. Rows are written in chunks, each in one transaction; while PostgreSQL works on
one, the next is read. Result lines are spooled, to disk when they are many, so that a client which sends everything
before it reads anything stalls nothing, and memory stays flat however long the upload.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, get_args
from uuid import UUID

import structlog
from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from services.core.errors import EnzymError, Refusal, TooLarge, Unavailable, UnsupportedMedia
from services.kit.database import audit
from services.kit.database.database import OutcomeUnknown
from services.kit.database.transaction import Transaction
from services.kit.doors.http import Reply, media_type
from services.kit.doors.ndjson import MEDIA_TYPE, Line, Lines, LineTooLong, read_row
from services.kit.doors.write import DONE, carry_out, run_as_caller
from services.kit.process.telemetry import what_failed

log = structlog.get_logger()

BULK_LIMIT = 1024 * 1024 * 1024
CHUNK_ROWS = 2000
LINGER_SECONDS = 0.02
"""How long a chunk that is not full waits for more rows before it is written."""
PIECE_BYTES = 64 * 1024
SPOOL_IN_MEMORY_BYTES = 1024 * 1024

_TO_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

Kind: TypeAlias = Literal["created", "replayed", "refused", "failed"]


class Result(Protocol):
    """What became of one row. `id` is of what was kept, or stood already; `error` is why it was not kept. `failed`:
    nobody's fault, the row may be sent again."""

    @property
    def kind(self) -> Kind: ...  # noqa: D102
    @property
    def id(self) -> UUID | None: ...  # noqa: D102
    @property
    def error(self) -> EnzymError | None: ...  # noqa: D102


class _NotKept(NamedTuple):
    """The result of a row that never came to be carried out."""

    error: EnzymError
    kind: Kind = "refused"
    id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a bulk door takes, and what it does with it.

    `shape` is what each row is read as, and `value` what it then is to `work`, which carries out the rows of one chunk
    in one transaction: one result a row, in order. `work` is also asked with no rows at all, before anything is read,
    and then refuses whoever may not send any. `name` tells the sender which row it was, beside the number of its line:
    from the row's JSON document, and only of what is as it should be; nothing else of a row is repeated.
    """

    operation: str
    shape: type[Any]
    value: Callable[[Any], Any] = lambda row: row
    work: Callable[[Transaction, Sequence[Any]], Awaitable[Sequence[Result]]]
    name: Callable[[Any], Mapping[str, str]] = lambda document: {}


async def bulk(request: Request, door: Door) -> Response:
    """The answer to an upload, under way. Errors, before anything is read: `unsupported-media-type`, `too-large`, and
    those of `door.work` with no rows."""
    if media_type(request) != MEDIA_TYPE:
        raise UnsupportedMedia(f"Send {MEDIA_TYPE}: one JSON object a line.")
    if int(request.headers.get("content-length", "0")) > BULK_LIMIT:
        raise _too_large()

    async def opening(tx: Transaction) -> Reply:
        await door.work(tx, ())
        return Reply(200)

    await carry_out(request, door.operation, opening)
    return _Upload(request, door)


class _Row(NamedTuple):
    """One line that was read: its document and value, or already its result."""

    number: int
    document: Any
    value: Any
    result: Result | None


class _Upload(Response):
    """Four tasks that wait for each other on one condition: one reads rows, one writes them, one tells their results
    in lines, one sends these. What is not writing is done while PostgreSQL writes."""

    media_type = MEDIA_TYPE

    def __init__(self, request: Request, door: Door) -> None:
        super().__init__(headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._request, self._door = request, door
        self._changed = asyncio.Condition()
        self._rows: list[_Row] = []
        self._done: tuple[list[_Row], Sequence[Result]] | None = None
        self._read_all = self._written_all = self._told_all = False
        self._counted: Counter[str] = Counter()
        self._spooled = self._sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. A client that goes away ends the reading; what was committed stays."""
        with SpooledTemporaryFile(max_size=SPOOL_IN_MEMORY_BYTES) as self._spool:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._read(Request(scope, receive)))
                    tasks.create_task(self._write())
                    tasks.create_task(self._tell())
                    tasks.create_task(self._send(send))
            except ExceptionGroup as failures:
                raise failures.exceptions[0] from None

    async def _read(self, body: Request) -> None:
        lines, received = Lines(), 0
        try:
            async for piece in body.stream():
                received += len(piece)
                if received > BULK_LIMIT:
                    self._rows.append(_Row(lines.number + 1, None, None, _NotKept(_too_large())))
                    break
                await self._take(lines.feed(piece))
            else:
                await self._take(lines.end())
        except ClientDisconnect:
            self._rows.clear()
        self._read_all = True
        await self._notify()

    async def _take(self, lines: list[Line]) -> None:
        for number, raw in lines:
            self._rows.append(self._row(number, raw))
            if len(self._rows) >= CHUNK_ROWS:
                await self._notify()
                await self._until(lambda: len(self._rows) < CHUNK_ROWS)
        await self._notify()

    def _row(self, number: int, raw: bytes | None) -> _Row:
        if raw is None:
            return _Row(number, None, None, _NotKept(LineTooLong()))
        document, value = read_row(self._door.shape, raw)
        if isinstance(value, Refusal):
            return _Row(number, document, None, _NotKept(value))
        return _Row(number, document, self._door.value(value), None)

    async def _write(self) -> None:
        while self._rows or not self._read_all:
            await self._until(lambda: bool(self._rows) or self._read_all)
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await self._until(lambda: len(self._rows) >= CHUNK_ROWS or self._read_all)
            chunk, self._rows = self._rows, []
            await self._notify()
            results = await self._results_of([row.value for row in chunk if row.result is None])
            await self._until(lambda: self._done is None)
            self._done = (chunk, results)
            await self._notify()
        self._written_all = True
        await self._notify()

    async def _tell(self) -> None:
        while self._done or not self._written_all:
            await self._until(lambda: self._done is not None or self._written_all)
            if self._done is not None:
                (chunk, results), self._done = self._done, None
                kept = iter(results)
                self._keep([self._line(row, row.result or next(kept)) for row in chunk])
            await self._notify()
        self._keep([_TO_JSON({"summary": {kind: self._counted[kind] for kind in get_args(Kind)}})])
        self._told_all = True
        await self._notify()

    async def _results_of(self, values: Sequence[Any]) -> Sequence[Result]:
        """One result a value, in order. What fails as a whole is tried again in halves, so that a row fails alone."""
        if not values:
            return ()
        try:
            return await self._in_one_transaction(values)
        except Unavailable as error:
            return [_NotKept(error, "failed")] * len(values)
        except Refusal as refusal:
            return [_NotKept(refusal)] * len(values)
        except Exception as error:
            if len(values) == 1:
                log.error("a row failed", **what_failed(error))
                return [_NotKept(EnzymError(), "failed")]
        half = len(values) // 2
        return [*await self._results_of(values[:half]), *await self._results_of(values[half:])]

    async def _in_one_transaction(self, values: Sequence[Any]) -> Sequence[Result]:
        request = self._request

        async def attempt(tx: Transaction) -> Sequence[Result]:
            results = await self._door.work(tx, values)
            await audit.note(tx, self._door.operation, request.url.path, DONE)
            return results

        try:
            results = await run_as_caller(request, attempt)
        except OutcomeUnknown:
            results = await run_as_caller(request, attempt)
        request.app.state.wake()
        return results

    def _line(self, row: _Row, result: Result) -> str:
        self._counted[result.kind] += 1
        line = f'{{"line":{row.number}'
        for key, name in self._door.name(row.document).items():
            line += f',"{key}":{_TO_JSON(name)}'
        line += f',"result":"{result.kind}"'
        if result.id is not None:
            line += f',"id":"{result.id}"'
        if result.error is not None:
            line += f',"code":{_TO_JSON(result.error.code)},"detail":{_TO_JSON(result.error.detail)}'
            if result.error.errors:
                line += f',"errors":{_TO_JSON([asdict(fault) for fault in result.error.errors])}'
        return line + "}"

    def _keep(self, lines: Sequence[str]) -> None:
        self._spool.seek(self._spooled)
        self._spooled += self._spool.write("".join([f"{line}\n" for line in lines]).encode())

    async def _send(self, send: Send) -> None:
        await self._until(lambda: self._spooled > 0)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        more = True
        while more:
            await self._until(lambda: self._spooled > self._sent)
            self._spool.seek(self._sent)
            piece = self._spool.read(PIECE_BYTES)
            self._sent += len(piece)
            more = not self._told_all or self._sent < self._spooled
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(holds)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _too_large() -> TooLarge:
    return TooLarge(f"At most {BULK_LIMIT} bytes; send the rest by itself.")
