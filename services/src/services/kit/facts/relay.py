"""Kit: facts out: carries what the outbox holds to the bus, in order, and forgets it when it is acknowledged."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import structlog

from services.core.errors import Broken
from services.events.envelope import Declaration, Envelope
from services.kit.bus.binary import outgoing
from services.kit.bus.interface import Bus, BusUnavailable, Outgoing, Producer
from services.kit.database.connections import CONNECTION_ERRORS, Connection, connect, disconnect
from services.kit.process.telemetry import what_failed
from services.kit.process.waiting import backoff, pause

log = structlog.get_logger()

CHANNEL = "outbox"
BATCH = 2_000
POLL_SECONDS = 0.2
STANDBY_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 5.0
COALESCE_SECONDS = 0.005


class TypeNotDeclared(Broken):
    """A fact in the outbox is of no type that this program knows; a newer one will carry it."""

    code = "type-not-declared"


_WAITED_FOR: tuple[type[Exception], ...] = (BusUnavailable, TypeNotDeclared, *CONNECTION_ERRORS)


class Relay:
    """Of all relays of one service only that works whose connection holds the lock; the others stand by.

    `url` is the service's database as its worker. `catalogue` says where each type of fact goes. `heartbeat` is called
    at every turn of the loop, also while it waits for something to come back."""

    def __init__(
        self, url: str, bus: Bus, catalogue: Mapping[str, Declaration], heartbeat: Callable[[], None] = lambda: None
    ) -> None:
        self._url = url
        self._bus = bus
        self._catalogue = catalogue
        self._heartbeat = heartbeat
        self._woken = asyncio.Event()
        self._failures = 0

    def wake(self) -> None:
        """Something was told just now: do not wait for the next poll."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Survives the absence of the bus and of the database. What is not acknowledged when it stops
        is still in the outbox."""
        while not stop.is_set():
            self._heartbeat()
            try:
                await self._serve(stop)
            except _WAITED_FOR as error:
                self._failures += 1
                log.warning("the relay waits", failures=self._failures, **what_failed(error))
                await pause(stop, backoff(self._failures, LONGEST_WAIT_SECONDS))

    async def _serve(self, stop: asyncio.Event) -> None:
        connection = await connect(self._url, "relay", forgetful=True)  # what is not marked is sent again
        producer = self._bus.producer()
        try:
            await connection.add_listener(CHANNEL, lambda *_: self.wake())
            while not await connection.fetchval(_LOCK):
                self._heartbeat()
                if await pause(stop, STANDBY_SECONDS):
                    return
            while not stop.is_set():
                self._heartbeat()
                self._woken.clear()
                if not await self._carry(connection, producer):
                    await pause(self._woken, POLL_SECONDS)
        finally:
            await producer.close()
            await disconnect(connection)

    async def _carry(self, connection: Connection, producer: Producer) -> bool:
        """Carries the oldest facts that are open, and says whether there were any. Never by "id greater than the
        last": a transaction that was slow commits a lower id later."""
        rows = await connection.fetch(_OPEN, BATCH)
        if not rows:
            return False
        batch = self._declared(rows)
        await producer.send(batch)
        await connection.execute(_DONE, [row["id"] for row in rows[: len(batch)]])
        self._failures = 0
        return True

    def _declared(self, rows: Sequence[Any]) -> list[Outgoing]:
        """The rows up to the first whose type is not declared: what is behind it waits, so that order is kept."""
        batch: list[Outgoing] = []
        for row in rows:
            declaration = self._catalogue.get(row["type"])
            if declaration is None:
                if batch:
                    return batch
                raise TypeNotDeclared("A fact in the outbox is of a type that this program does not know.")
            batch.append(outgoing(declaration.topic, _envelope(row, declaration)))
        return batch


class Waker:
    """For a process that tells facts and has no relay of its own: `wake` after a commit, and the service's relay is
    notified, many commits at once. From a connection of its own: a NOTIFY in the writers' transactions would make
    them queue. The relay's poll is what is relied on, so a failure here is only slowness."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._told = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something was told just now."""
        self._told.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        connection: Connection | None = None
        try:
            while True:
                await self._told.wait()
                self._told.clear()
                try:
                    connection = connection or await connect(self._url, "waker")
                    await connection.execute(f"notify {CHANNEL}")
                    await asyncio.sleep(COALESCE_SECONDS)
                except CONNECTION_ERRORS:
                    await disconnect(connection)
                    connection = None
                    await asyncio.sleep(STANDBY_SECONDS)
        finally:
            await disconnect(connection)


def _envelope(row: Any, declaration: Declaration) -> Envelope:
    return Envelope(
        id=row["event_id"],
        type=row["type"],
        source=declaration.source,
        aggregate=row["aggregate"],
        sequence=row["sequence"],
        time=row["recorded_at"],
        correlation_id=row["correlation_id"],
        body=row["body"].encode(),
    )


_LOCK = "select pg_try_advisory_lock(hashtext('relay'))"
_OPEN = """
with open as materialized (select fact_id from fact_unpublished order by fact_id limit $1)
select id, event_id, type, aggregate, sequence, recorded_at, correlation_id, body::text as body
from open join fact on id = fact_id order by id
"""
_DONE = "delete from fact_unpublished where fact_id = any($1::bigint[])"
