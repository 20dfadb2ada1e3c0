"""What only the embedded bus has to prove: its tables, its rights, its fence."""

import asyncio

import asyncpg
import pytest

from services.kit.bus import BusUnavailable, Partition
from services.kit.bus.embedded import EmbeddedBus, PartitionsAreFixed, create_tables
from services.kit.database.connections import connect, disconnect
from services.kit.local.postgres import Postgres

from .conftest import PARTITIONS, EmbeddedBroker, a_bus_database
from .reading import a_group, member, nothing_to_do, read, send, some_records, values


@pytest.fixture
async def embedded(bus_server: Postgres) -> EmbeddedBroker:
    return await a_bus_database(bus_server)


async def test_tables_and_topics_may_be_created_again(embedded: EmbeddedBroker) -> None:
    await create_tables(embedded.owner, {"one": 2})
    await send(embedded.bus, some_records("one", 3))
    await asyncio.gather(*(create_tables(embedded.owner, {"one": 2, "two": 1}) for _ in range(3)))
    async with member(embedded.bus, a_group(), "one") as consumer:
        assert values(await read(consumer, 3)) == [0, 1, 2]


async def test_the_number_of_partitions_is_fixed_for_ever(embedded: EmbeddedBroker) -> None:
    await create_tables(embedded.owner, {"one": 2})
    for other in (1, 3):
        with pytest.raises(PartitionsAreFixed):
            await create_tables(embedded.owner, {"one": other})
    await create_tables(embedded.owner, {"one": 2})


@pytest.mark.parametrize(
    "verb", ["delete from record", "update record set value = ''", "truncate record", "drop table record"]
)
async def test_a_worker_only_ever_adds_records(embedded: EmbeddedBroker, verb: str) -> None:
    connection = await connect(embedded.address, "test")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(verb)
    await disconnect(connection)


async def test_who_was_silent_for_too_long_is_kept_out_by_the_fence(embedded: EmbeddedBroker) -> None:
    topic, group = await embedded.new_topic(), a_group()
    await send(embedded.bus, some_records(topic, 10))
    lost: set[Partition] = set()

    async def note(partitions: frozenset[Partition]) -> None:
        lost.update(partitions)

    hasty = EmbeddedBus(embedded.address, lease_seconds=0.3, tend_seconds=0.1)
    silent = await hasty.consumer(group, [topic], note)
    [first] = (await silent.poll(4, 5)).values()
    at = Partition(topic, first[0].partition)
    await asyncio.sleep(0.5)
    async with member(hasty, group, topic) as other:
        assert values(await read(other, 10)) == list(range(10))
        with pytest.raises(BusUnavailable):
            await silent.commit({at: 4})
        await silent.poll(1, 0)
        assert at in lost
        await silent.close()
    async with member(hasty, group, topic) as third:
        assert not await third.poll(100, 0.3)


async def test_partitions_are_shared_out_evenly(embedded: EmbeddedBroker) -> None:
    await create_tables(embedded.owner, {"one": 2 * PARTITIONS})
    group = a_group()
    members = [await embedded.bus.consumer(group, ["one"], nothing_to_do) for _ in range(3)]
    for _ in range(3):
        await asyncio.sleep(0.25)
        for each in members:
            await each.poll(1, 0)
    connection = await connect(embedded.owner, "test")
    held = await connection.fetch("select holder, count(*) as held from group_partition group by holder")
    await disconnect(connection)
    assert sorted(row["held"] for row in held) == [2, 2, 2]
    for each in members:
        await each.close()


async def test_no_partition_starves_while_another_is_long(embedded: EmbeddedBroker) -> None:
    topic = await embedded.new_topic()
    await send(embedded.bus, some_records(topic, 500))
    await send(embedded.bus, some_records(topic, 30, keys=30, first=1000))
    async with member(embedded.bus, a_group(), topic) as consumer:
        seen = {at.number for _ in range(2 * PARTITIONS) for at in await consumer.poll(20, 0)}
    assert seen == set(range(PARTITIONS))
