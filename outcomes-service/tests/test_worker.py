"""Tests: the background process as it is run: contracts come in, facts go out, and it leaves when it is asked to."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from outcomes_service.usecases.end_waits import MOST_CLAIMS
from services.events import contracts, outcomes
from services.kit.bus.binary import outgoing
from services.kit.bus.embedded import EmbeddedBus, create_tables
from services.kit.database.provisioning import provision
from services.kit.doors.keys import new_private_key
from services.kit.local.postgres import Postgres
from services.kit.process import clock
from services.kit.testing import Urls, as_admin, eventually

from .builders import PAYER, PROVIDER, a_claim, a_metric, about_a_site, activated, an_enrolment
from .builders import outcomes as outcomes_of
from .conftest import Ingestion, envelope_of


@dataclass
class Background:
    """The background process on a bus of its own: begun, killed, begun again."""

    bus: Urls
    environment: dict[str, str]

    async def begin(self) -> asyncio.subprocess.Process:
        command = (sys.executable, "-m", "outcomes_service.worker")
        return await asyncio.create_subprocess_exec(*command, env=self.environment, stderr=asyncio.subprocess.DEVNULL)


@pytest.fixture
async def background(urls: Urls, postgres: Postgres, tmp_path: Path) -> Background:
    """The background process, not begun yet."""
    name = f"bus_{clock.random_id().hex[:8]}"
    await provision(postgres.url("postgres"), "bus", database=name)
    await create_tables(postgres.url(name, "bus_owner"), {contracts.TOPIC: 6, outcomes.TOPIC: 6})
    bus = Urls(admin=postgres.url(name), owner="", app="", worker=postgres.url(name, "bus_worker"))
    key = tmp_path / "key.json"
    key.write_text(json.dumps(new_private_key()))
    environment = {
        "PATH": os.environ["PATH"],
        "ENZYM_BUS": "embedded",
        "ENZYM_BUS_DATABASE_URL": bus.worker,
        "ENZYM_DATABASE_URL": urls.worker,
        "ENZYM_CONTRACTS_URL": "http://127.0.0.1:9",
        "ENZYM_KEY_FILE": str(key),
    }
    return Background(bus, environment)


async def test_a_contract_comes_in_and_what_is_claimed_on_it_goes_out_in_order(
    ingestion: Ingestion, urls: Urls, background: Background
) -> None:
    bus, fact = background.bus, activated()
    contract = f"/v1/contracts/{fact.contract_id}"
    producer = EmbeddedBus(bus.worker).producer()
    await producer.send([outgoing(contracts.TOPIC, envelope_of(fact))])
    await producer.close()
    process = await background.begin()
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
    assert [header["ce_sequence"] for header in headers] == [b"1", b"2", b"3"]
    assert headers[2]["ce_type"] == b"eu.enzym.outcome.claimed.v1"
    assert await as_admin(urls, "select 1 from inbox_head where aggregate = $1", str(fact.contract_id))


async def test_each_claim_that_nobody_decided_is_accepted_once_however_often_the_process_is_killed(
    ingestion: Ingestion, background: Background
) -> None:
    metric = a_metric("served", subject="site", ifNotDecided={"afterDays": 1, "then": "accept"})
    contract = await ingestion.contract(outcomes=outcomes_of(metric))
    rows = [about_a_site(externalId=f"v-{number}", site=f"village-{number}") for number in range(3 * MOST_CLAIMS)]
    await ingestion.upload(PROVIDER, f"{contract}/claims", rows)
    this = UUID(contract[-36:])
    await as_admin(ingestion.urls, "update claim set overdue_at = now() where contract_id = $1", this)

    told = "select body ->> 'claimId' as claim from fact where aggregate = $1 and type like '%outcome.verified.v1'"
    for so_many in (1, MOST_CLAIMS + 1, len(rows)):
        process = await background.begin()
        try:
            await eventually(partial(_has, ingestion.urls, so_many, told, str(this)))
        finally:
            process.kill()
            await process.wait()
    records = "select claim_id as claim from claim_record where deemed and claim_id in (select id from claim where {})"
    deeds = "select object as claim from audit where operation = 'accept_undecided' and object in ({})"
    paths = "select '/v1/claims/' || id from claim where contract_id = $1"
    for kept in (
        await as_admin(ingestion.urls, told, str(this)),
        await as_admin(ingestion.urls, records.format("contract_id = $1"), this),
        await as_admin(ingestion.urls, deeds.format(paths), this),
    ):
        assert len(kept) == len({row["claim"] for row in kept}) == len(rows)


async def _has(urls: Urls, so_many: int, query: str, *values: Any) -> bool:
    return len(await as_admin(urls, query, *values)) >= so_many
