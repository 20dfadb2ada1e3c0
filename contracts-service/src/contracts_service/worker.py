"""Worker: the background process: it carries the registry's facts to the bus, and consumes none."""

import asyncio
import sys

from contracts_service.settings import WorkerSettings
from services.events import CATALOGUE
from services.events.contracts import SERVICE
from services.kit.bus import open_bus
from services.kit.database.database import Database
from services.kit.facts.owners import Owners
from services.kit.worker import Worker, run_worker


async def main() -> int:
    """Runs until SIGTERM or SIGINT; returns the exit status."""
    settings = WorkerSettings()
    return await run_worker(
        Worker(
            service=SERVICE,
            database=Database(settings.database_url, application=f"{SERVICE} worker", pool=1),
            bus=open_bus(settings),
            catalogue=CATALOGUE,
            fetch_missing=Owners({}).fetch_missing,
        )
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
