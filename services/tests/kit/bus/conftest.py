"""Both buses, each behind the same few verbs, so that one suite can be run over the two."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator

import pytest

from deploy.kafka import Kafka, create_topics
from deploy.topics import Topic
from services.kit.bus import Bus
from services.kit.bus.embedded import EmbeddedBus, create_tables
from services.kit.bus.kafka import KafkaBus
from services.kit.database.provisioning import provision
from services.kit.local.postgres import Postgres
from services.kit.process import clock

PARTITIONS = 3


class Broker(ABC):
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


class KafkaBroker(Broker):
    kind = "kafka"

    def __init__(self, kafka: Kafka) -> None:
        self.address = kafka.bootstrap
        self.kafka = kafka
        self.bus = KafkaBus(kafka.bootstrap, send_seconds=3, session_seconds=6)

    async def new_topic(self) -> str:
        name = f"test.{clock.random_id()}"
        await create_topics(self.kafka.bootstrap, [Topic(name, PARTITIONS, 1, {"max.message.bytes": "4194304"})])
        return name

    async def down(self) -> None:
        await asyncio.to_thread(self.kafka.kill)

    async def up(self) -> None:
        await self.kafka.start()


class EmbeddedBroker(Broker):
    kind = "embedded"

    def __init__(self, server: Postgres, database: str) -> None:
        self.server = server
        self.owner = server.url(database, "bus_owner")
        self.address = server.url(database, "bus_worker")
        self.bus = EmbeddedBus(self.address, lease_seconds=3, tend_seconds=0.2)

    async def new_topic(self) -> str:
        name = f"test.{clock.random_id()}"
        await create_tables(self.owner, {name: PARTITIONS})
        return name

    async def down(self) -> None:
        self.server.stop()

    async def up(self) -> None:
        self.server.start()


@pytest.fixture(scope="session")
def bus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of this suite's own, because tests restart it."""
    server = Postgres(tmp_path_factory.mktemp("bus") / "postgres", fsync="off")
    server.start()
    yield server
    server.remove()


@pytest.fixture(params=["embedded", "kafka"])
async def broker(request: pytest.FixtureRequest, kafka: Kafka, bus_server: Postgres) -> Broker:
    if request.param == "kafka":
        return KafkaBroker(kafka)
    return await a_bus_database(bus_server)


async def a_bus_database(server: Postgres) -> EmbeddedBroker:
    """A database `bus` of its own, as `make run` makes it."""
    name = f"bus_{clock.random_id().hex}"
    await provision(server.url("postgres"), "bus", database=name)
    broker = EmbeddedBroker(server, name)
    await create_tables(broker.owner, {})
    return broker
