"""Wiring: the background process: facts out, the registry's facts in, and an end to what waits too long."""

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog

from outcomes_service.consumers.contracts import HANDLERS
from outcomes_service.settings import WorkerSettings
from outcomes_service.usecases.end_waits import MOST_CLAIMS, end_waits, find_overdue_contracts
from services.core.errors import Unavailable
from services.events import CATALOGUE, contracts
from services.events.outcomes import SERVICE
from services.kit.bus import open_bus
from services.kit.database.database import Database
from services.kit.database.transaction import run_as_service
from services.kit.doors.auth import ServiceAuth
from services.kit.doors.http import peer_client
from services.kit.doors.keys import Signer
from services.kit.facts.owners import Owners
from services.kit.process import clock
from services.kit.process.telemetry import what_failed
from services.kit.process.waiting import pause
from services.kit.worker import Job, Worker, run_worker

log = structlog.get_logger()

TURN_SECONDS = 5.0
"""How often claims that wait too long are looked for: a look into one small index for each contract. They wait for
days."""

Now = Callable[[], datetime]


def ending_waits(database: Database, now: Now) -> Job:
    """The job that does with claims what their terms say of those that nobody decides in time. What goes wrong with
    one contract is logged, and tried again with the next turn; the others go on."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            more = await end_overdue(database, now)
            await pause(stop, 0 if more else TURN_SECONDS)

    return run


async def end_overdue(database: Database, now: Now) -> bool:
    """Looks once at every contract with overdue claims, a transaction each, so that none waits behind others that
    cannot be dealt with. Says whether there is more to do."""
    more, after = False, None
    while waiting := await _overdue(database, now, after):
        more = any([await _has_more(database, now, contract_id) for contract_id in waiting]) or more
        after = waiting[-1]
    return more


async def _overdue(database: Database, now: Now, after: UUID | None) -> list[UUID]:
    try:
        return await run_as_service(database, SERVICE, lambda tx: find_overdue_contracts(tx, after), now)
    except Exception as error:
        log.error("overdue claims could not be looked for", **what_failed(error))
        return []


async def _has_more(database: Database, now: Now, contract_id: UUID) -> bool:
    try:
        ended = await run_as_service(database, SERVICE, lambda tx: end_waits(tx, contract_id), now)
    except Unavailable:
        log.info("overdue claims wait: their contract or the database is busy", contract=str(contract_id))
        return False
    except Exception as error:
        log.error("overdue claims could not be dealt with", contract=str(contract_id), **what_failed(error))
        return False
    return ended == MOST_CLAIMS


async def main() -> int:
    """Runs until SIGTERM or SIGINT; returns the exit status."""
    settings = WorkerSettings()
    auth = ServiceAuth(Signer.from_file(settings.key_file), SERVICE, contracts.SERVICE)
    database = Database(settings.database_url, application=f"{SERVICE} worker", pool=3)
    async with peer_client(settings.contracts_url, auth) as registry:
        return await run_worker(
            Worker(
                service=SERVICE,
                database=database,
                bus=open_bus(settings),
                catalogue=CATALOGUE,
                topics=(contracts.TOPIC,),
                handlers=HANDLERS,
                fetch_missing=Owners({f"urn:enzym:{contracts.SERVICE}": registry}).fetch_missing,
                jobs=(ending_waits(database, clock.now),),
            )
        )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
