"""Tests: the background process as it is run: contracts come in, facts go out, and it leaves when it is asked to."""

import asyncio
import json
import os
import sys
from pathlib import Path

from services.events import contracts, outcomes
from services.kit import clock
from services.kit.bus.binary import outgoing
from services.kit.bus.embedded import EmbeddedBus, create_tables
from services.kit.keys import new_private_key
from services.kit.postgres import Postgres
from services.kit.provisioning import provision
from services.kit.testing import Urls, as_admin, eventually

from .builders import PAYER, PROVIDER, a_claim, activated, an_enrolment
from .conftest import Ingestion, envelope_of


async def test_a_contract_comes_in_and_what_is_claimed_on_it_goes_out_in_order(
    ingestion: Ingestion, urls: Urls, postgres: Postgres, tmp_path: Path
) -> None:
    name = f"bus_{clock.random_id().hex[:8]}"
    await provision(postgres.url("postgres"), "bus", database=name)
    await create_tables(postgres.url(name, "bus_owner"), {contracts.TOPIC: 6, outcomes.TOPIC: 6})
    bus = Urls(admin=postgres.url(name), owner="", app="", worker=postgres.url(name, "bus_worker"))
    key = tmp_path / "key.json"
    key.write_text(json.dumps(new_private_key()))
    fact = activated()
    contract = f"/v1/contracts/{fact.contract_id}"
    producer = EmbeddedBus(bus.worker).producer()
    await producer.send([outgoing(contracts.TOPIC, envelope_of(fact))])
    await producer.close()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "outcomes_service.worker",
        env={
            "PATH": os.environ["PATH"],
            "ENZYM_BUS": "embedded",
            "ENZYM_BUS_DATABASE_URL": bus.worker,
            "ENZYM_DATABASE_URL": urls.worker,
            "ENZYM_CONTRACTS_URL": "http://127.0.0.1:9",
            "ENZYM_KEY_FILE": str(key),
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    on_topic = 'select * from record where topic = $1 and key = $2 order by "offset"'

    async def known() -> bool:
        return (await ingestion.get(PAYER, f"{contract}/cohorts")).status_code == 200

    async def told() -> bool:
        return len(await as_admin(bus, on_topic, outcomes.TOPIC, str(fact.contract_id).encode())) == 3

    try:
        await eventually(known)
        await ingestion.upload(PROVIDER, f"{contract}/participants", [an_enrolment(1), an_enrolment(2)])
        await ingestion.upload(PROVIDER, f"{contract}/claims", [a_claim(1)])
        await eventually(told)
    finally:
        process.terminate()
        assert await process.wait() == 0
    rows = await as_admin(bus, on_topic, outcomes.TOPIC, str(fact.contract_id).encode())
    headers = [dict(zip(row["header_names"], row["header_values"], strict=True)) for row in rows]
    assert [one["ce_sequence"] for one in headers] == [b"1", b"2", b"3"]
    assert headers[2]["ce_type"] == b"eu.enzym.outcome.claimed.v1"
    assert await as_admin(urls, "select 1 from inbox_head where aggregate = $1", str(fact.contract_id))
