"""Tests: the background process as it is run: it takes facts in, freezes, posts, tells, and leaves when it is asked
to."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from services.events import contracts, outcomes, settlements
from services.kit.bus.binary import outgoing
from services.kit.bus.embedded import EmbeddedBus, create_tables
from services.kit.database.provisioning import provision
from services.kit.doors.keys import new_private_key
from services.kit.local.postgres import Postgres
from services.kit.process import clock
from services.kit.testing import Urls, as_admin, eventually

from .builders import PAYER, a_claim, activated, claimed, verified
from .conftest import Settling

TOPICS = {contracts.TOPIC: 6, outcomes.TOPIC: 6, settlements.TOPIC: 6}


@contextmanager
def owner(sequence: int) -> Iterator[str]:
    """The address of a service that has said so many facts of whatever it is asked for."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"aggregate": self.path.partition("aggregate=")[2], "sequence": sequence}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_facts_come_in_a_settlement_is_frozen_posted_and_told(
    settling: Settling, urls: Urls, postgres: Postgres, tmp_path: Path
) -> None:
    name = f"bus_{clock.random_id().hex[:8]}"
    await provision(postgres.url("postgres"), "bus", database=name)
    await create_tables(postgres.url(name, "bus_owner"), TOPICS)
    bus = Urls(admin=postgres.url(name), owner="", app="", worker=postgres.url(name, "bus_worker"))
    key = tmp_path / "key.json"
    key.write_text(json.dumps(new_private_key()))
    contract, claim = activated(), a_claim(1)
    sent = [contract, claimed(contract.contract_id, claim), verified(contract.contract_id, claim)]
    producer = EmbeddedBus(bus.worker).producer()
    await producer.send([outgoing(type(fact).declaration.topic, settling.envelope(fact)) for fact in sent])  # type: ignore[attr-defined]
    await producer.close()

    async def known() -> bool:
        return (await settling.get(PAYER, f"/v1/contracts/{contract.contract_id}/position")).status_code == 200

    async def told(facts: int) -> bool:
        rows = await as_admin(bus, "select 1 from record where key = $1", str(contract.contract_id).encode())
        return len(rows) == len(sent) + facts

    with owner(1) as registry, owner(2) as ingestion:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "settlement_service.worker",
            env={
                "PATH": os.environ["PATH"],
                "ENZYM_BUS": "embedded",
                "ENZYM_BUS_DATABASE_URL": bus.worker,
                "ENZYM_DATABASE_URL": urls.worker,
                "ENZYM_CONTRACTS_URL": registry,
                "ENZYM_OUTCOMES_URL": ingestion,
                "ENZYM_KEY_FILE": str(key),
            },
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await eventually(known, seconds=60)
            body = {"kind": "scheduled", "period": {"start": "2026-01-01", "end": "2027-01-01"}}
            opened = await settling.post(PAYER, f"/v1/contracts/{contract.contract_id}/settlements", body)
            await eventually(partial(told, 2), seconds=60)
            shown = (await settling.get(PAYER, opened.headers["location"])).json()
            assert (shown["state"], shown["total"]["amount"]) == ("calculated", "100.00")
            assert (await settling.approve(shown))["state"] == "approved"
            await eventually(partial(told, 4), seconds=60)
        finally:
            process.terminate()
            assert await process.wait() == 0
    assert (await settling.get(PAYER, opened.headers["location"])).json()["state"] == "posted"
