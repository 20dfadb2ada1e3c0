"""Kit: the background process of a service: its relay, its consumer, its jobs; how it begins and how it leaves."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog

from services.events.envelope import Declaration
from services.kit.bus.interface import Bus
from services.kit.database.database import Database
from services.kit.facts.consumer import ConsumerLoop
from services.kit.facts.inbox import Handler, Inbox
from services.kit.facts.owners import FetchMissing
from services.kit.facts.relay import Relay
from services.kit.process import telemetry
from services.kit.process.watchdog import Watchdog

log = structlog.get_logger()

Job: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set."""

LEAVE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What a service's background process is made of. `service` is its name and its group on the bus; without
    `topics` it consumes nothing. `database` is the service's own, as the role `worker`."""

    service: str
    database: Database
    bus: Bus
    catalogue: Mapping[str, Declaration]
    topics: Sequence[str] = ()
    handlers: Mapping[type[Any], Handler] = field(default_factory=dict)
    fetch_missing: FetchMissing
    jobs: Sequence[Job] = ()


async def run_worker(worker: Worker) -> int:
    """Runs until SIGTERM or SIGINT, then leaves within 45 s: the transaction in hand is finished, nothing is flushed.
    Returns the exit status: 0, or 1 when a part of it failed in a way that it should never fail."""
    telemetry.configure(worker.service)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    with Watchdog() as watchdog:
        tasks = [asyncio.ensure_future(part) for part in _parts(worker, watchdog, stop)]
        stopping = asyncio.create_task(stop.wait())
        log.info("the worker has begun")
        status = await _until_one_fails(tasks, stopping)
        stop.set()
        await stopping
        status = max(status, await _let_end(tasks))
        await _closed(worker.database)
    log.info("the worker has left", status=status)
    return status


def _parts(worker: Worker, watchdog: Watchdog, stop: asyncio.Event) -> list[Awaitable[None]]:
    url = worker.database.engine.url.render_as_string(hide_password=False)
    relay = Relay(url, worker.bus, worker.catalogue, watchdog.watch("relay"))
    parts: list[Awaitable[None]] = [relay.run(stop), *(job(stop) for job in worker.jobs)]
    if worker.topics:
        heartbeat = watchdog.watch("consumer")
        inbox = Inbox(
            worker.database, worker.service, worker.catalogue, worker.handlers, worker.fetch_missing, heartbeat
        )
        parts.append(ConsumerLoop(worker.bus, inbox, worker.service, worker.topics, relay.wake, heartbeat).run(stop))
    return parts


async def _until_one_fails(tasks: Sequence[asyncio.Future[None]], stopping: asyncio.Task[bool]) -> int:
    """Waits for the signal to leave, or for the first part that raises. Returns 1 for the latter."""
    running: set[asyncio.Future[Any]] = set(tasks)
    while not stopping.done() and running:
        done, running = await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        running.discard(stopping)
        if _failed(done - {stopping}) or any(task.cancelled() for task in done):
            return 1
    return 0


async def _let_end(tasks: Sequence[asyncio.Future[None]]) -> int:
    """Gives every part time to finish what it has in hand, then cuts it off."""
    done, late = await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=5)
    return 1 if _failed(done) else 0


async def _closed(database: Database) -> None:
    try:
        async with asyncio.timeout(5):
            await database.close()
    except (OSError, TimeoutError):
        log.warning("the database did not let go in order")


def _failed(done: set[asyncio.Future[Any]]) -> bool:
    failed = [task for task in done if not task.cancelled() and task.exception() is not None]
    for task in failed:
        error = task.exception()
        if error is not None:
            log.error("a part of the worker failed", **telemetry.what_failed(error))
    return bool(failed)
