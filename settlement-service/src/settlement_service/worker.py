"""Wiring: the background process: facts out, facts in, and open settlements frozen as soon as they may be."""

import asyncio
import sys
from functools import partial
from uuid import UUID

import httpx
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.core.errors import Unavailable
from services.events import CATALOGUE, contracts, outcomes
from services.events.settlements import SERVICE
from services.kit import clock
from services.kit.auth import ServiceAuth, service_caller
from services.kit.bus import open_bus
from services.kit.database import Database
from services.kit.facts import Owners
from services.kit.http import peer_client
from services.kit.keys import Signer
from services.kit.telemetry import what_failed
from services.kit.transaction import Transaction
from services.kit.waiting import pause
from services.kit.worker import Job, Worker, run_worker
from settlement_service.clients.owners import ask_heads
from settlement_service.consumers.facts import HANDLERS
from settlement_service.domain.lifecycle import Settlement
from settlement_service.settings import WorkerSettings
from settlement_service.usecases.freeze_settlement import SOURCES, find_open_settlements, freeze_settlement
from settlement_service.usecases.work_out_due import find_changed_contracts, work_out_some

log = structlog.get_logger()

TURN_SECONDS = 0.25
"""How often open settlements are looked at: a question to one small index."""
AFTER_FAILURE_SECONDS = 2.0
STATEMENT_SECONDS = 600
"""A settlement is calculated in one transaction, however large; of a million claims its longest statement takes half a
minute on two busy cores."""


def freezing(database: Database, owners: Owners) -> Job:
    """The job that freezes open settlements. What goes wrong with one is logged, and tried again with the next turn;
    the others go on."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            failed = await freeze_open(database, owners)
            await pause(stop, AFTER_FAILURE_SECONDS if failed else TURN_SECONDS)

    return run


async def freeze_open(database: Database, owners: Owners) -> int:
    """Looks once at every open settlement. Returns how many failed: whatever the reason, it may pass."""
    try:
        waiting = await database.run(lambda connection: find_open_settlements(_transaction(connection)), _CALLER)
    except Exception as error:
        log.error("open settlements could not be looked at", **what_failed(error))
        return 1
    return sum([await _failed(database, owners, one) for one in waiting])


def working_out(database: Database) -> Job:
    """The job that works out what is due as facts arrive. What fails is logged, and tried again with the next turn."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            busy = await work_out_all(database)
            await pause(stop, 0 if busy else AFTER_FAILURE_SECONDS if busy is None else TURN_SECONDS)

    return run


async def work_out_all(database: Database) -> bool | None:
    """Works out some of what is due on contracts where something is new. Returns whether there is more; None when
    something failed."""
    try:
        changed = await database.run(lambda connection: find_changed_contracts(_transaction(connection)), _CALLER)
        more = [await database.run(partial(_work_out, one), _CALLER) for one in changed]
    except Unavailable:
        return False
    except Exception as error:
        log.error("what is due could not be worked out", **what_failed(error))
        return None
    return any(more)


async def _work_out(contract_id: UUID, connection: AsyncConnection) -> bool:
    return await work_out_some(_transaction(connection), contract_id)


async def _failed(database: Database, owners: Owners, settlement: Settlement) -> bool:
    """Asks the owners with no transaction open; then freezes, or keeps what is waited for."""
    heads = await ask_heads(owners, settlement.contract_id, SOURCES) if settlement.heads is None else {}
    try:
        await database.run(
            lambda connection: freeze_settlement(_transaction(connection), settlement.id, heads), _CALLER
        )
    except Unavailable:
        log.info("a settlement waits: its contract or the database is busy", settlement=str(settlement.id))
    except Exception as error:
        log.error("a settlement could not be frozen", settlement=str(settlement.id), **what_failed(error))
        return True
    return False


def _transaction(connection: AsyncConnection) -> Transaction:
    return Transaction(connection, service_caller(SERVICE), clock.now(), clock.random_id())


_CALLER = service_caller(SERVICE).organisation


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
                jobs=(freezing(database, owners), working_out(database)),
            )
        )


def _peer(signer: Signer, url: str, service: str) -> httpx.AsyncClient:
    return peer_client(url, ServiceAuth(signer, SERVICE, service))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
