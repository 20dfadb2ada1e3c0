import asyncio
import os
import sys

from services.events.contracts import TOPIC
from services.kit.bus.embedded import create_tables
from services.kit.database.provisioning import provision
from services.kit.local.postgres import Postgres
from services.kit.process import clock
from services.kit.testing import Urls, as_admin, eventually

from .conftest import Registry
from .usecases.agreeing import active


async def test_what_was_told_reaches_the_bus_in_order_and_the_process_leaves_when_asked(
    registry: Registry, urls: Urls, postgres: Postgres
) -> None:
    contract = await active(registry)
    name = f"bus_{clock.random_id().hex[:8]}"
    await provision(postgres.url("postgres"), "bus", database=name)
    await create_tables(postgres.url(name, "bus_owner"), {TOPIC: 6})
    bus = Urls(admin=postgres.url(name), owner="", app="", worker=postgres.url(name, "bus_worker"))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "contracts_service.worker",
        env={
            "PATH": os.environ["PATH"],
            "ENZYM_BUS": "embedded",
            "ENZYM_BUS_DATABASE_URL": bus.worker,
            "ENZYM_DATABASE_URL": urls.worker,
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    key = str(contract.id).encode()

    async def arrived() -> bool:
        return len(await as_admin(bus, "select 1 from record where key = $1", key)) == 6

    try:
        await eventually(arrived)
    finally:
        process.terminate()
        assert await process.wait() == 0
    rows = await as_admin(bus, 'select * from record where key = $1 order by "offset"', key)
    headers = [dict(zip(row["header_names"], row["header_values"], strict=True)) for row in rows]
    assert [header["ce_sequence"] for header in headers] == [b"1", b"2", b"3", b"4", b"5", b"6"]
    assert {header["ce_source"] for header in headers} == {b"urn:enzym:contracts-service"}
    kept = await as_admin(
        urls, "select body::text as body from fact where aggregate = $1 order by sequence", str(contract.id)
    )
    assert [row["value"].decode() for row in rows] == [row["body"] for row in kept]
