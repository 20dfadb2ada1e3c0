"""Wiring: the background process: it carries this service's facts to the bus, and takes in those of the registry."""

import asyncio
import sys

from outcomes_service.clients.registry import NAME as REGISTRY
from outcomes_service.consumers.contracts import HANDLERS
from outcomes_service.settings import WorkerSettings
from services.events import CATALOGUE, contracts
from services.events.outcomes import SERVICE
from services.kit.auth import ServiceAuth
from services.kit.bus import open_bus
from services.kit.database import Database
from services.kit.facts import Owners
from services.kit.http import peer_client
from services.kit.keys import Signer
from services.kit.worker import Worker, run_worker


async def main() -> int:
    """Runs until SIGTERM or SIGINT; returns the exit status."""
    settings = WorkerSettings()
    auth = ServiceAuth(Signer.from_file(settings.key_file), SERVICE, REGISTRY)
    async with peer_client(settings.contracts_url, auth) as registry:
        return await run_worker(
            Worker(
                service=SERVICE,
                database=Database(settings.database_url, application=f"{SERVICE} worker", pool=2),
                bus=open_bus(settings),
                catalogue=CATALOGUE,
                topics=(contracts.TOPIC,),
                handlers=HANDLERS,
                fetch_missing=Owners({f"urn:enzym:{REGISTRY}": registry}).fetch_missing,
            )
        )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
