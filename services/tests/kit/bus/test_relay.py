"""Facts out: each reaches the bus in order, and none is lost, whatever goes away for a while."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event

from services.kit.bus import Record
from services.kit.bus.binary import envelope_of
from services.kit.database.connections import connect, disconnect
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell
from services.kit.facts.relay import CHANNEL, Relay, Waker
from services.kit.process import clock
from services.kit.process.caller import service_caller
from services.kit.testing import Urls, as_admin, eventually

from .conftest import Broker
from .reading import PATIENCE_SECONDS, a_group, member, read
from .saying import SOURCE, NoteTaken, a_catalogue


@dataclass
class Teller:
    """A service that tells facts, and whose relay can be run."""

    broker: Broker
    topic: str
    urls: Urls
    database: Database

    def relay(self) -> Relay:
        return Relay(self.urls.worker, self.broker.bus, a_catalogue(self.topic))

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[Transaction]:
        async with self.database.transaction("service:tellers-service") as connection:
            yield Transaction(connection, service_caller("tellers-service"), clock.now(), clock.random_id())

    async def tell(self, aggregate: str, *texts: str) -> None:
        async with self.telling() as tx:
            await tell(tx, aggregate, [NoteTaken(text=note) for note in texts])

    async def unpublished(self) -> int:
        [row] = await as_admin(self.urls, "select count(*) as open from fact_unpublished")
        return int(row["open"])

    async def is_empty(self) -> bool:
        return await self.unpublished() == 0

    async def on_the_bus(self, count: int) -> list[Record]:
        async with member(self.broker.bus, a_group(), self.topic) as consumer:
            return await read(consumer, count)


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*tasks)


def texts(records: Sequence[Record]) -> list[str]:
    return [record.value.decode().split('"')[3] for record in records]


@pytest.fixture
async def teller(broker: Broker, kit_database: Urls, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Teller]:
    topic = await broker.new_topic()
    for row in a_catalogue(topic).values():
        monkeypatch.setattr(row.shape, "declaration", row, raising=False)
    database = Database(kit_database.worker, application="teller")
    yield Teller(broker, topic, kit_database, database)
    await database.close()


async def test_facts_reach_the_bus_as_cloudevents_and_leave_the_outbox(teller: Teller) -> None:
    await teller.tell("a", "one", "two")
    async with running(teller.relay()):
        await eventually(teller.is_empty, PATIENCE_SECONDS)
    [first, second] = await teller.on_the_bus(2)
    [kept] = await as_admin(
        teller.urls, "select event_id, recorded_at, correlation_id, body::text as body from fact where sequence = 1"
    )
    event = from_binary_event(KafkaMessage(dict(first.headers), first.key, first.value))
    assert event.get_id() == str(kept["event_id"])
    assert (event.get_source(), event.get_type()) == (SOURCE, "eu.enzym.note.taken.v1")
    assert (event.get_subject(), event.get_extension("partitionkey")) == ("a", "a")
    assert event.get_time() == kept["recorded_at"]
    assert event.get_datacontenttype() == "application/json"
    assert event.get_dataschema() == "urn:enzym:schema:eu.enzym.note.taken.v1"
    assert event.get_extension("sequence") == "1"
    assert event.get_extension("correlationid") == str(kept["correlation_id"])
    assert event.get_data() == {"text": "one"}
    assert first.value == kept["body"].encode()
    assert envelope_of(second).sequence == 2


async def test_facts_of_an_aggregate_arrive_in_sequence(teller: Teller) -> None:
    async def talk(aggregate: str) -> None:
        for n in range(20):
            await teller.tell(aggregate, *(f"{aggregate}{n}.{m}" for m in range(5)))

    async with running(teller.relay()):
        await asyncio.gather(*(talk(aggregate) for aggregate in "abcd"))
        await eventually(teller.is_empty, PATIENCE_SECONDS)
    envelopes = [envelope_of(record) for record in await teller.on_the_bus(400)]
    for aggregate in "abcd":
        assert [e.sequence for e in envelopes if e.aggregate == aggregate] == list(range(1, 101))


async def test_a_transaction_that_commits_late_is_not_lost(teller: Teller) -> None:
    async with running(teller.relay()):
        async with teller.telling() as slow:
            await tell(slow, "slow", [NoteTaken(text="slow")])
            await teller.tell("quick", "quick")
            await eventually(teller.is_empty, PATIENCE_SECONDS)
            assert texts(await teller.on_the_bus(1)) == ["quick"]
        await eventually(teller.is_empty, PATIENCE_SECONDS)
    assert sorted(texts(await teller.on_the_bus(2))) == ["quick", "slow"]


async def test_of_two_relays_one_works_and_the_other_takes_over(teller: Teller) -> None:
    async def holders() -> int:
        [row] = await as_admin(
            teller.urls,
            "select count(*) as held from pg_locks join pg_database on pg_database.oid = pg_locks.database "
            "where locktype = 'advisory' and datname = current_database()",
        )
        return int(row["held"])

    first_stop = asyncio.Event()
    first = asyncio.create_task(teller.relay().run(first_stop))
    await teller.tell("a", "one")
    await eventually(teller.is_empty, PATIENCE_SECONDS)
    async with running(teller.relay()):
        await teller.tell("a", "two")
        await eventually(teller.is_empty, PATIENCE_SECONDS)
        assert await holders() == 1
        first_stop.set()
        await first
        await teller.tell("a", "three")
        await eventually(teller.is_empty, PATIENCE_SECONDS)
    assert texts(await teller.on_the_bus(3)) == ["one", "two", "three"]


async def test_the_relay_outlives_the_loss_of_its_connection(teller: Teller) -> None:
    async with running(teller.relay()):
        await teller.tell("a", "one")
        await eventually(teller.is_empty, PATIENCE_SECONDS)
        await as_admin(
            teller.urls,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'relay' and datname = current_database()",
        )
        await teller.tell("a", "two")
        await eventually(teller.is_empty, PATIENCE_SECONDS)
    assert texts(await teller.on_the_bus(2)) == ["one", "two"]


async def test_facts_wait_in_the_outbox_while_the_bus_is_down_and_the_relay_may_leave(teller: Teller) -> None:
    async with running(teller.relay()):
        await teller.tell("a", "one")
        await eventually(teller.is_empty, PATIENCE_SECONDS)
        await teller.broker.down()
        try:
            await teller.tell("a", "two")
            await teller.tell("a", "three")
            await asyncio.sleep(0.5)
            async with running(teller.relay()):
                pass
            assert await teller.unpublished() == 2
        finally:
            await teller.broker.up()
        await eventually(teller.is_empty, PATIENCE_SECONDS)
    assert [*dict.fromkeys(texts(await teller.on_the_bus(3)))] == ["one", "two", "three"]


async def test_a_relay_that_is_told_to_stop_leaves_the_rest_in_the_outbox(teller: Teller) -> None:
    await teller.tell("a", "one")
    stop = asyncio.Event()
    stop.set()
    await teller.relay().run(stop)
    assert await teller.unpublished() == 1


async def test_a_type_of_tomorrow_holds_back_what_is_behind_it_and_nothing_before_it(teller: Teller) -> None:
    await teller.tell("a", "one")
    await as_admin(
        teller.urls,
        "with said as (insert into fact (event_id, type, aggregate, sequence, recorded_at, correlation_id, body) "
        "values (gen_random_uuid(), 'eu.enzym.note.sung.v1', 'b', 1, now(), gen_random_uuid(), '{}') returning id) "
        "insert into fact_unpublished select id from said",
    )
    await teller.tell("a", "two")
    async with running(teller.relay()):
        assert texts(await teller.on_the_bus(1)) == ["one"]
        await asyncio.sleep(0.5)
        assert await teller.unpublished() == 2


async def test_a_waker_notifies_the_relay(kit_database: Urls) -> None:
    told = asyncio.Event()
    listening = await connect(kit_database.worker, "test")
    await listening.add_listener(CHANNEL, lambda *_: told.set())
    async with Waker(kit_database.app) as waker, asyncio.timeout(PATIENCE_SECONDS):
        for _ in range(3):
            waker.wake()
            await told.wait()
            told.clear()
        await as_admin(
            kit_database,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'waker' and datname = current_database()",
        )
        while not told.is_set():
            waker.wake()
            await asyncio.sleep(0.1)
    await disconnect(listening)
