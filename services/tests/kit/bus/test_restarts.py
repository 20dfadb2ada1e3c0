"""The broker, or the database of the embedded bus, dies and comes back."""

import asyncio
from collections.abc import Sequence

import pytest

from services.kit.bus import BusUnavailable, Outgoing, Producer, Record

from .conftest import Broker
from .reading import PATIENCE_SECONDS, a_group, member, nothing_to_do, read, some_records, values


async def sent_in_the_end(producer: Producer, records: Sequence[Outgoing]) -> None:
    """Sends again until it is acknowledged."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await producer.send(records)
            except BusUnavailable:
                await asyncio.sleep(0.2)


async def read_in_the_end(broker: Broker, group: str, topic: str, opened: asyncio.Event, count: int) -> list[Record]:
    """Reads as the consumer loop does: a consumer that fails is closed, and another is opened."""
    records: list[Record] = []
    while len({record.value for record in records}) < count:
        try:
            consumer = await broker.bus.consumer(group, [topic], nothing_to_do)
        except BusUnavailable:
            await asyncio.sleep(0.2)
            continue
        try:
            while len({record.value for record in records}) < count:
                polled = await consumer.poll(1000, 0.5)
                records += [record for rows in polled.values() for record in rows]
                if records:
                    opened.set()
        except BusUnavailable:
            await asyncio.sleep(0.2)
        finally:
            await consumer.close()
    return records


async def test_records_and_positions_outlive_a_restart(broker: Broker) -> None:
    topic, group = await broker.new_topic(), a_group()
    producer = broker.bus.producer()
    await producer.send(some_records(topic, 10))
    async with member(broker.bus, group, topic) as consumer:
        await read(consumer, 10)
    await broker.down()
    await broker.up()
    await sent_in_the_end(producer, some_records(topic, 3, first=10))
    await producer.close()
    async with member(broker.bus, group, topic) as consumer:
        assert set(values(await read(consumer, 3))) == {10, 11, 12}
    async with member(broker.bus, a_group(), topic) as consumer:
        assert values(await read(consumer, 13))[:13] == list(range(13))


async def test_a_producer_whose_bus_is_down_says_so_and_works_again_afterwards(broker: Broker) -> None:
    topic = await broker.new_topic()
    producer = broker.bus.producer()
    await producer.send(some_records(topic, 1))
    await broker.down()
    try:
        for _ in range(2):
            with pytest.raises(BusUnavailable):
                await producer.send(some_records(topic, 1, first=1))
        await producer.close()
    finally:
        await broker.up()
    await sent_in_the_end(producer, some_records(topic, 1, first=1))
    await producer.close()
    async with member(broker.bus, a_group(), topic) as consumer:
        assert values(await read(consumer, 2)) == [0, 1]


async def test_a_consumer_that_was_open_reads_on_after_a_restart(broker: Broker) -> None:
    topic, group = await broker.new_topic(), a_group()
    producer = broker.bus.producer()
    await producer.send(some_records(topic, 1))
    opened = asyncio.Event()
    reading = asyncio.create_task(read_in_the_end(broker, group, topic, opened, 2))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await opened.wait()
        await broker.down()
        await broker.up()
        await sent_in_the_end(producer, some_records(topic, 1, first=1))
        assert set(values(await reading)) == {0, 1}
    await producer.close()


async def test_while_the_bus_is_down_nobody_joins_and_everybody_can_leave(broker: Broker) -> None:
    topic = await broker.new_topic()
    producer, consumer = broker.bus.producer(), await broker.bus.consumer(a_group(), [topic], nothing_to_do)
    await producer.send(some_records(topic, 1))
    await broker.down()
    try:
        sending = asyncio.create_task(producer.send(some_records(topic, 1)))
        await asyncio.sleep(0.05)
        sending.cancel()
        with pytest.raises((asyncio.CancelledError, BusUnavailable)):
            await sending
        await producer.close()
        await consumer.close()
        with pytest.raises(BusUnavailable):
            await broker.bus.consumer(a_group(), [topic], nothing_to_do)
    finally:
        await broker.up()
