"""Wiring: the background process: facts out, facts in; what is due is worked out, settlements are frozen and posted."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

import httpx
import structlog

from services.core.errors import Unavailable
from services.events import CATALOGUE, contracts, outcomes
from services.events.settlements import SERVICE
from services.kit.bus import open_bus
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction, run_as_service
from services.kit.doors.auth import ServiceAuth
from services.kit.doors.http import peer_client
from services.kit.doors.keys import Signer
from services.kit.facts.owners import Owners
from services.kit.process.telemetry import what_failed
from services.kit.process.waiting import pause
from services.kit.worker import Job, Worker, run_worker
from settlement_service.clients.owners import ask_heads
from settlement_service.consumers.facts import HANDLERS
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.settings import WorkerSettings
from settlement_service.usecases.freeze_settlement import SOURCES, find_open_settlements, freeze_settlement
from settlement_service.usecases.post_settlement import find_approved_settlements, post_settlement
from settlement_service.usecases.work_out_due import find_changed_contracts, work_out_some

log = structlog.get_logger()
T = TypeVar("T")

TURN_SECONDS = 0.25
"""How often settlements that wait are looked at: a question to one small index."""
AFTER_FAILURE_SECONDS = 2.0
STATEMENT_SECONDS = 600
"""A settlement is calculated in one transaction, and posted in one, however large; of a million claims the longest
statement takes half a minute on two busy cores."""


def freezing(database: Database, owners: Owners) -> Job:
    """The job that freezes open settlements."""
    return _turning(lambda: freeze_open(database, owners))


def posting(database: Database) -> Job:
    """The job that posts approved settlements: one of its own, so that neither waits for what is large in the other."""
    return _turning(lambda: post_approved(database))


def working_out(database: Database) -> Job:
    """The job that works out what is due as facts arrive, so that settlements need not."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            changed, failed = await work_out_changed(database)
            if failed or not changed:
                await pause(stop, AFTER_FAILURE_SECONDS if failed else TURN_SECONDS)

    return run


def _turning(look: Callable[[], Awaitable[int]]) -> Job:
    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            failed = await look()
            await pause(stop, AFTER_FAILURE_SECONDS if failed else TURN_SECONDS)

    return run


async def freeze_open(database: Database, owners: Owners) -> int:
    """Looks once at every open settlement. Returns how many failed. The owners are asked with no transaction open; then
    it is frozen, or what is waited for is kept."""

    async def freeze(one: Settlement) -> bool:
        heads = await ask_heads(owners, one.contract_id, SOURCES) if one.heads is None else {}
        return await _failed(database, lambda tx: freeze_settlement(tx, one.id, heads), "settlement", one.id)

    waiting = await _found(database, find_open_settlements)
    return 1 if waiting is None else sum([await freeze(one) for one in waiting])


async def post_approved(database: Database) -> int:
    """Looks once at every approved settlement. Returns how many failed."""

    async def post(one: UUID) -> bool:
        return await _failed(database, lambda tx: post_settlement(tx, one), "settlement", one)

    waiting = await _found(database, find_approved_settlements)
    return 1 if waiting is None else sum([await post(one) for one in waiting])


async def work_out_changed(database: Database) -> tuple[int, int]:
    """Works out some of what is due on each contract of which something has come. Returns how many those are, and how
    many failed."""

    async def work_out(one: UUID) -> bool:
        return await _failed(database, lambda tx: work_out_some(tx, one), "contract", one)

    changed = await _found(database, find_changed_contracts)
    return (0, 1) if changed is None else (len(changed), sum([await work_out(one) for one in changed]))


async def _found(database: Database, find: Callable[[Transaction], Awaitable[Sequence[T]]]) -> Sequence[T] | None:
    """What waits; None when that could not be asked: whatever the reason, it may pass."""
    try:
        return await run_as_service(database, SERVICE, find)
    except Exception as error:
        log.error("what waits could not be looked at", **what_failed(error))
        return None


async def _failed(database: Database, move: Callable[[Transaction], Awaitable[bool]], what: str, id_: UUID) -> bool:
    """Moves a settlement or a contract on in a transaction of its own. What goes wrong with one is logged, and tried
    again with the next turn; the others go on."""
    try:
        await run_as_service(database, SERVICE, move)
    except Unavailable:
        log.info(f"a {what} waits: its contract or the database is busy", **{what: str(id_)})
    except Exception as error:
        log.error(f"a {what} could not be moved on", **{what: str(id_)}, **what_failed(error))
        return True
    return False


async def main() -> int:
    """Runs until SIGTERM or SIGINT; returns the exit status."""
    settings = WorkerSettings()
    signer = Signer.from_file(settings.key_file)
    database = Database(
        settings.database_url,
        application=f"{SERVICE} worker",
        pool=4,
        statement_timeout_seconds=STATEMENT_SECONDS,
    )
    async with (
        _peer(signer, settings.contracts_url, contracts.SERVICE) as registry,
        _peer(signer, settings.outcomes_url, outcomes.SERVICE) as ingestion,
    ):
        owners = Owners(dict(zip(SOURCES, (registry, ingestion), strict=True)))
        return await run_worker(
            Worker(
                service=SERVICE,
                database=database,
                bus=open_bus(settings),
                catalogue=CATALOGUE,
                topics=(contracts.TOPIC, outcomes.TOPIC),
                handlers=HANDLERS,
                fetch_missing=owners.fetch_missing,
                jobs=(freezing(database, owners), posting(database), working_out(database)),
            )
        )


def _peer(signer: Signer, url: str, service: str) -> httpx.AsyncClient:
    return peer_client(url, ServiceAuth(signer, SERVICE, service))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
