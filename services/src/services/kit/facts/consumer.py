"""Kit: the consumer loop: from the bus into the inbox, and the fate of what does not go in."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx
import structlog
from asyncpg import InterfaceError, InternalClientError
from sqlalchemy.exc import DBAPIError

from services.core.errors import EnzymError, Unavailable
from services.kit.bus.interface import Bus, BusUnavailable, Consumer, Partition, Record
from services.kit.facts.inbox import Inbox
from services.kit.process.telemetry import what_failed
from services.kit.process.waiting import backoff, pause

log = structlog.get_logger()

MAX_RECORDS = 500
POLL_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 10.0
GRACE_SECONDS = 5.0

_NOT_NOW = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, rollback, resources, in use, intervention (also a timeout), system."""
_NOT_YET = frozenset({"25P03", "42P01", "42703", "42883", "42501"})
"""Idle for too long; and a table, column, function or right that a migration has yet to bring."""


def is_transient(error: BaseException) -> bool:
    """Whether the same fact may go in later without anything about it being changed."""
    if isinstance(error, Unavailable | OSError | httpx.TransportError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _is_transient_in_driver(getattr(error.orig, "__cause__", None))
    return _is_transient_in_driver(error)


def _is_transient_in_driver(error: BaseException | None) -> bool:
    if isinstance(error, InterfaceError):
        return not isinstance(error, ValueError)  # that is: unless a value did not fit its column
    state = str(getattr(error, "sqlstate", ""))
    return isinstance(error, InternalClientError) or state.startswith(_NOT_NOW) or state in _NOT_YET


@dataclass(slots=True)
class _Wait:
    """A partition whose next record waits for something."""

    failures: int = 0
    until: float = 0.0
    paused: bool = False


class ConsumerLoop:
    """One member of the service's group. A poll's records are taken in one transaction; if that fails, halves of them
    each in one of its own, so that a bad one is found alone, and most others still go in together. What can go in later
    keeps its partition waiting, for ever; what cannot is parked; everything else goes on.

    `told` is called after each transaction (handlers may have told facts), `heartbeat` at every turn of the loop."""

    def __init__(
        self,
        bus: Bus,
        inbox: Inbox,
        group: str,
        topics: Sequence[str],
        told: Callable[[], None] = lambda: None,
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        self._bus = bus
        self._inbox = inbox
        self._group = group
        self._topics = topics
        self._told = told
        self._heartbeat = heartbeat
        self._waits: dict[Partition, _Wait] = {}
        self._leaving: frozenset[Partition] = frozenset()
        self._work: asyncio.Task[None] | None = None
        self._failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; the transaction in hand is finished. Survives the absence of the bus and the database."""
        while not stop.is_set():
            self._heartbeat()
            try:
                consumer = await self._bus.consumer(self._group, self._topics, self._revoked)
                try:
                    await self._consume(consumer, stop)
                finally:
                    await consumer.close()
            except BusUnavailable as error:
                self._failures += 1
                log.warning("the consumer waits for the bus", failures=self._failures, **what_failed(error))
                await pause(stop, backoff(self._failures, LONGEST_WAIT_SECONDS))

    async def _consume(self, consumer: Consumer, stop: asyncio.Event) -> None:
        self._waits.clear()
        while not stop.is_set():
            self._heartbeat()
            polled = await consumer.poll(MAX_RECORDS, self._resume_what_is_due(consumer))
            self._failures = 0
            if polled:
                await self._in_hand(consumer, polled, stop)

    async def _in_hand(
        self, consumer: Consumer, polled: Mapping[Partition, Sequence[Record]], stop: asyncio.Event
    ) -> None:
        self._work = asyncio.create_task(self._take(consumer, polled, stop))
        try:
            await asyncio.wait({self._work})
        except asyncio.CancelledError:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
            raise
        if self._work.cancelled():
            for at, records in polled.items():
                consumer.rewind(at, records[0].offset)
        else:
            self._work.result()

    async def _take(
        self, consumer: Consumer, polled: Mapping[Partition, Sequence[Record]], stop: asyncio.Event
    ) -> None:
        try:
            await self._inbox.take([record for records in polled.values() for record in records])
            positions = {at: records[-1].offset + 1 for at, records in polled.items()}
            for at in positions:
                self._waits.pop(at, None)
        except Exception as error:
            log.info("a poll is taken in parts", **what_failed(error))
            positions = {}
            for at, records in polled.items():
                parts = [records] if len(polled) > 1 else _halves(records)
                positions[at] = await self._take_in_parts(consumer, at, parts, stop)
        self._told()
        try:
            await consumer.commit(positions)
        except BusUnavailable as error:
            log.warning("positions were not kept: some records will be read again", **what_failed(error))

    async def _take_in_parts(
        self, consumer: Consumer, at: Partition, parts: Sequence[Sequence[Record]], stop: asyncio.Event
    ) -> int:
        """Takes records of one partition in their order, in as few transactions as the bad ones among them allow: a
        part that fails is halved. Returns the offset of the first record that was not taken, from which the partition
        is read on."""
        behind, open_ = parts[-1][-1].offset + 1, list(reversed(parts))
        while open_:
            part = open_.pop()
            self._heartbeat()
            if stop.is_set() or at in self._leaving:
                consumer.rewind(at, part[0].offset)
                return part[0].offset
            if len(part) > 1:
                if not await self._taken_together(part):
                    open_ += reversed(_halves(part))
                continue
            if not await self._taken_or_parked(part[0]):
                self._keep_waiting(consumer, at, part[0].offset)
                return part[0].offset
            self._waits.pop(at, None)
        self._waits.pop(at, None)
        return behind

    async def _taken_together(self, records: Sequence[Record]) -> bool:
        try:
            await self._inbox.take(records)
        except Exception as error:
            log.debug("some facts are taken in smaller parts", **what_failed(error))
            return False
        return True

    async def _taken_or_parked(self, record: Record) -> bool:
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        try:
            await self._inbox.take([record])
            return True
        except Exception as error:
            if is_transient(error):
                log.warning("a fact waits", **where, **what_failed(error))
                return False
            broken = error
        try:
            await self._inbox.set_aside(record, _reason(broken))
        except Exception as error:
            log.error("a fact waits to be parked", **where, **what_failed(error))
            return False
        log.error("a fact is parked", **where, **what_failed(broken))
        return True

    def _keep_waiting(self, consumer: Consumer, at: Partition, offset: int) -> None:
        wait = self._waits.setdefault(at, _Wait())
        wait.failures += 1
        wait.until = asyncio.get_running_loop().time() + backoff(wait.failures, LONGEST_WAIT_SECONDS)
        wait.paused = True
        consumer.pause(at)
        consumer.rewind(at, offset)

    def _resume_what_is_due(self, consumer: Consumer) -> float:
        """Returns for how many seconds the next poll may wait."""
        now = asyncio.get_running_loop().time()
        for at, wait in self._waits.items():
            if wait.paused and wait.until <= now:
                wait.paused = False
                consumer.resume(at)
        return min([POLL_SECONDS, *(wait.until - now for wait in self._waits.values() if wait.paused)])

    async def _revoked(self, partitions: frozenset[Partition]) -> None:
        """Another member takes these: no further record of them is begun, and the one in hand is finished, or
        stopped when it takes long. Whatever was done is committed by then, or read again and skipped."""
        self._leaving = partitions
        work = self._work
        if work is not None and not work.done():
            _, unfinished = await asyncio.wait({work}, timeout=GRACE_SECONDS)
            if unfinished:
                work.cancel()
                await asyncio.wait({work}, timeout=GRACE_SECONDS)
        for at in partitions:
            self._waits.pop(at, None)
        self._leaving = frozenset()


def _halves(records: Sequence[Record]) -> list[Sequence[Record]]:
    """Both halves in their order; a record alone is one part."""
    middle = len(records) // 2
    return [part for part in (records[:middle], records[middle:]) if part]


def _reason(error: BaseException) -> str:
    """For the operator: the kind of error, and the sentence if it is one of ours, which never repeats input."""
    kind = type(error).__qualname__
    return f"{kind}: {error.detail}" if isinstance(error, EnzymError) else kind
