"""A worker as a process of its own, with one job that does as it is told."""

import asyncio
import sys
import time
from typing import Any

from sqlalchemy import text

from services.core.values import value
from services.events.envelope import Declaration, Envelope
from services.kit.bus.embedded import EmbeddedBus
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.facts.inbox import each
from services.kit.process import watchdog
from services.kit.worker import Worker, run_worker


@value
class NoteTaken:
    text: str


async def on_note_taken(tx: Transaction, fact: Any) -> None:
    await tx.connection.execute(text("insert into note (text) values (:text)"), {"text": fact.text})


async def nobody_to_ask(*_: object) -> list[Envelope]:
    return []


async def job(what: str, stop: asyncio.Event) -> None:
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    if what == "fails":
        raise RuntimeError("as it was told to")
    if what == "sticks":
        time.sleep(600)  # noqa: ASYNC251
    await stop.wait()


def main(what: str, database_url: str, bus_url: str, topic: str) -> int:
    if what == "sticks":
        watchdog.SECONDS = 2.0
    declaration = Declaration("eu.enzym.note.taken.v1", "urn:enzym:tellers-service", topic, NoteTaken)
    worker = Worker(
        service="listeners-service",
        database=Database(database_url, application="worker"),
        bus=EmbeddedBus(bus_url),
        catalogue={declaration.type: declaration},
        topics=[topic],
        handlers={NoteTaken: each(on_note_taken)},
        fetch_missing=nobody_to_ask,
        jobs=[lambda stop: job(what, stop)],
    )
    return asyncio.run(run_worker(worker))


sys.exit(main(*sys.argv[1:]))
