"""The background process as a whole: how it begins, leaves, fails, and is ended when it is stuck."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.kit.process.watchdog import EXIT_STATUS
from services.kit.testing import Urls, eventually

from .conftest import EmbeddedBroker, a_bus_database
from .reading import PATIENCE_SECONDS, send
from .saying import Listener, a_listener, an_envelope, sent

PROGRAM = Path(__file__).with_name("a_worker.py")


@pytest.fixture
async def listener(kit_database: Urls) -> AsyncIterator[Listener]:
    listener = await a_listener(kit_database)
    yield listener
    await listener.database.close()


@pytest.fixture
async def embedded(bus_server: object) -> EmbeddedBroker:
    return await a_bus_database(bus_server)  # type: ignore[arg-type]


async def started_worker(job: str, urls: Urls, broker: EmbeddedBroker, topic: str) -> Process:
    """A worker that has said that its job runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), job, urls.worker, broker.address, topic, stdout=PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await process.stdout.readline() == b"begun\n"
    return process


async def status_of(process: Process) -> int:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await process.wait()


@pytest.mark.parametrize("wish", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_hears_tells_and_leaves_in_order(
    listener: Listener, embedded: EmbeddedBroker, wish: signal.Signals
) -> None:
    topic = await embedded.new_topic()
    process = await started_worker("waits", listener.urls, embedded, topic)
    await send(embedded.bus, sent(topic, [an_envelope("a", 1), an_envelope("a", 2)]))

    async def heard() -> bool:
        return await listener.notes() == ["a1", "a2"]

    await eventually(heard, PATIENCE_SECONDS)
    process.send_signal(wish)
    assert await status_of(process) == 0


async def test_a_worker_leaves_in_order_while_everything_it_needs_is_away(
    listener: Listener, embedded: EmbeddedBroker
) -> None:
    topic = await embedded.new_topic()
    process = await started_worker("waits", listener.urls, embedded, topic)
    await embedded.down()
    try:
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert await status_of(process) == 0
    finally:
        await embedded.up()


async def test_a_worker_one_of_whose_parts_fails_ends_with_status_1(
    listener: Listener, embedded: EmbeddedBroker
) -> None:
    process = await started_worker("fails", listener.urls, embedded, await embedded.new_topic())
    assert await status_of(process) == 1


async def test_a_worker_whose_loop_is_stuck_is_ended(listener: Listener, embedded: EmbeddedBroker) -> None:
    process = await started_worker("sticks", listener.urls, embedded, await embedded.new_topic())
    assert await status_of(process) == EXIT_STATUS
