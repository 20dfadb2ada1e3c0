"""Wiring: the background process: facts out, facts in; subjects accrue, settlements are frozen and posted."""

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
from settlement_service.usecases.accrue import accrue_some, find_changed_contracts
from settlement_service.usecases.freeze_settlement import SOURCES, find_open_settlements, freeze_settlement
from settlement_service.usecases.post_settlement import find_approved_settlements, post_settlement

log = structlog.get_logger()
T = TypeVar("T")

TURN_SECONDS = 0.25
"""How often settlements that wait are looked at: a query of one small index."""
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


def accruing(database: Database) -> Job:
    """The job that keeps what subjects have accrued as facts arrive, so that settlements need not compute it."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            changed, failed = await accrue_changed(database)
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
    """Looks once at every open settlement. Returns how many failed. Its owners are asked with no transaction open: one
    that does not answer would hold it. Then it is frozen, or what it waits for is kept."""

    async def freeze(settlement: Settlement) -> bool:
        heads = await ask_heads(owners, settlement.contract_id, SOURCES) if settlement.heads is None else {}
        return await _failed(
            database, lambda tx: freeze_settlement(tx, settlement.id, heads), "settlement", settlement.id
        )

    waiting = await _read(database, find_open_settlements)
    return 1 if waiting is None else sum([await freeze(settlement) for settlement in waiting])


async def post_approved(database: Database) -> int:
    """Looks once at every approved settlement. Returns how many failed."""

    async def post(settlement_id: UUID) -> bool:
        return await _failed(database, lambda tx: post_settlement(tx, settlement_id), "settlement", settlement_id)

    waiting = await _read(database, find_approved_settlements)
    return 1 if waiting is None else sum([await post(settlement_id) for settlement_id in waiting])


async def accrue_changed(database: Database) -> tuple[int, int]:
    """Keeps what some changed subjects of each contract have accrued. Returns how many contracts had changes, and how
    many failed."""

    async def accrue_on(contract_id: UUID) -> bool:
        return await _failed(database, lambda tx: accrue_some(tx, contract_id), "contract", contract_id)

    changed = await _read(database, find_changed_contracts)
    return (0, 1) if changed is None else (len(changed), sum([await accrue_on(contract_id) for contract_id in changed]))


async def _read(database: Database, find: Callable[[Transaction], Awaitable[Sequence[T]]]) -> Sequence[T] | None:
    """What waits; None when it could not be read. Whatever the reason, it may pass: the job goes on."""
    try:
        return await run_as_service(database, SERVICE, find)
    except Exception as error:
        log.error("what waits could not be looked at", **what_failed(error))
        return None


async def _failed(database: Database, move: Callable[[Transaction], Awaitable[bool]], what: str, id_: UUID) -> bool:
    """Moves a settlement or a contract on in a transaction of its own; returns whether that failed. A failure is
    logged, and tried again with the next turn; it does not keep other settlements back."""
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
                jobs=(freezing(database, owners), posting(database), accruing(database)),
            )
        )


def _peer(signer: Signer, url: str, service: str) -> httpx.AsyncClient:
    return peer_client(url, ServiceAuth(signer, SERVICE, service))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
