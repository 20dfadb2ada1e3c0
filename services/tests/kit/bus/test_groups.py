"""Members of a group, and what happens to them: they share, leave, crash."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from services.kit.bus import Consumer, Partition, Record

from .conftest import PARTITIONS, Broker
from .reading import PATIENCE_SECONDS, a_group, member, read, send, some_records, values

CRASHING = Path(__file__).with_name("crashing_member.py")


async def share(first: Consumer, other: Consumer, count: int) -> tuple[list[Record], list[Record]]:
    """Polls both until together they have `count` different records; commits what each read."""
    got: tuple[list[Record], list[Record]] = ([], [])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len({record.value for records in got for record in records}) < count:
            for consumer, records in zip((first, other), got, strict=True):
                polled = await consumer.poll(1000, 0.2)
                records += [record for rows in polled.values() for record in rows]
                if polled:
                    await consumer.commit({at: rows[-1].offset + 1 for at, rows in polled.items()})
    return got


async def settled(first: Consumer, other: Consumer, broker: Broker, topic: str) -> None:
    """Sends and reads rounds of records until both members are given some of a round."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            await send(broker.bus, some_records(topic, 30, keys=30))
            polled = await asyncio.gather(first.poll(1000, 1), other.poll(1000, 1))
            if all(polled):
                return


async def test_two_members_of_a_group_share_its_partitions(broker: Broker) -> None:
    topic, group = await broker.new_topic(), a_group()
    async with member(broker.bus, group, topic) as first, member(broker.bus, group, topic) as other:
        await settled(first, other, broker, topic)
        while (await first.poll(1000, 0.5)) or (await other.poll(1000, 0.5)):
            pass
        await send(broker.bus, some_records(topic, 60, keys=60, first=1000))
        records_of_each = await share(first, other, 60)
    partitions = [{record.partition for record in records} for records in records_of_each]
    assert partitions[0] | partitions[1] == set(range(PARTITIONS))
    assert not partitions[0] & partitions[1]
    assert sorted(number for records in records_of_each for number in values(records)) == list(range(1000, 1060))


async def test_who_loses_partitions_is_told_and_who_stays_reads_them(broker: Broker) -> None:
    topic, group = await broker.new_topic(), a_group()
    revoked: set[Partition] = set()

    async def note(partitions: frozenset[Partition]) -> None:
        revoked.update(partitions)

    async with member(broker.bus, group, topic, note) as stays:
        await send(broker.bus, some_records(topic, 30, keys=30))
        await read(stays, 30)
        joining = asyncio.create_task(stay_until_told(broker, group, topic, revoked))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not joining.done():
                await stays.poll(1000, 0.2)
        await joining
        assert revoked
        await send(broker.bus, some_records(topic, 30, keys=30, first=100))
        got = values(await read(stays, 30))
    assert sorted(set(got)) == list(range(100, 130))


async def stay_until_told(broker: Broker, group: str, topic: str, revoked: set[Partition]) -> None:
    async with member(broker.bus, group, topic) as visitor:
        while not revoked:
            await visitor.poll(1000, 0.2)


async def test_what_a_killed_member_had_not_committed_is_given_to_another(broker: Broker) -> None:
    topic, group = await broker.new_topic(), a_group()
    await send(broker.bus, some_records(topic, 20))
    crashing = await asyncio.create_subprocess_exec(
        sys.executable, str(CRASHING), broker.kind, broker.address, group, topic, "5", stdout=PIPE
    )
    assert crashing.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await crashing.stdout.readline() == b"read 20, committed 5\n"
    crashing.send_signal(signal.SIGKILL)
    await crashing.wait()
    async with member(broker.bus, group, topic) as consumer:
        assert values(await read(consumer, 15)) == list(range(5, 20))
