"""What both buses promise: one suite, run over each."""

import asyncio

import pytest

from services.kit.bus import BusUnavailable, Outgoing, Partition, Record
from services.kit.bus.partition import partition_of

from .conftest import PARTITIONS, Broker
from .reading import PATIENCE_SECONDS, a_group, member, read, send, some_records, values


async def test_a_record_comes_out_as_it_went_in(broker: Broker) -> None:
    topic = await broker.new_topic()
    sent = Outgoing(topic, b"\x00\xff", (("ce_id", b"\x00\xfe"), ("empty", b"")), b"\x00 any bytes \xff")
    await send(broker.bus, [sent])
    async with member(broker.bus, a_group(), topic) as consumer:
        [got] = await read(consumer, 1)
    at = partition_of(sent.key, PARTITIONS)
    assert got == Record(topic, at, 0, sent.key, sent.headers, sent.value)


async def test_records_of_one_key_stay_in_order_and_offsets_have_no_gap(broker: Broker) -> None:
    topic = await broker.new_topic()
    await send(broker.bus, some_records(topic, 600, keys=7))
    await send(broker.bus, some_records(topic, 100, keys=7, first=600))
    async with member(broker.bus, a_group(), topic) as consumer:
        records = await read(consumer, 700)
    for key in {record.key for record in records}:
        read_values = values([record for record in records if record.key == key])
        assert read_values == sorted(read_values)
    for number in range(PARTITIONS):
        offsets = [record.offset for record in records if record.partition == number]
        assert offsets == list(range(len(offsets)))
    assert sorted(values(records)) == list(range(700))


async def test_a_key_lands_on_the_partition_that_kafka_would_choose(broker: Broker) -> None:
    topic = await broker.new_topic()
    await send(broker.bus, some_records(topic, 40, keys=40))
    async with member(broker.bus, a_group(), topic) as consumer:
        records = await read(consumer, 40)
    assert {record.partition for record in records} == set(range(PARTITIONS))
    assert all(record.partition == partition_of(record.key or b"", PARTITIONS) for record in records)


async def test_records_larger_than_a_batch_travel(broker: Broker) -> None:
    topic = await broker.new_topic()
    large = [Outgoing(topic, b"one", (), bytes([n]) * 1_500_000) for n in range(4)]
    await send(broker.bus, large)
    async with member(broker.bus, a_group(), topic) as consumer:
        records = await read(consumer, 4)
    assert [record.value[:1] for record in records] == [b"\x00", b"\x01", b"\x02", b"\x03"]


async def test_what_was_not_committed_is_given_again(broker: Broker) -> None:
    topic, group = await broker.new_topic(), a_group()
    await send(broker.bus, some_records(topic, 10))
    async with member(broker.bus, group, topic) as consumer:
        first = await read(consumer, 10, commit=False)
        at = Partition(topic, first[0].partition)
        await consumer.commit({at: 4})
    async with member(broker.bus, group, topic) as consumer:
        assert values(await read(consumer, 6)) == [4, 5, 6, 7, 8, 9]


async def test_a_new_group_reads_from_the_first_record(broker: Broker) -> None:
    topic = await broker.new_topic()
    await send(broker.bus, some_records(topic, 5))
    async with member(broker.bus, a_group(), topic) as consumer:
        await read(consumer, 5)
    async with member(broker.bus, a_group(), topic) as consumer:
        assert values(await read(consumer, 5)) == [0, 1, 2, 3, 4]


async def test_a_consumer_that_waits_is_given_what_is_sent_later(broker: Broker) -> None:
    topic = await broker.new_topic()
    async with member(broker.bus, a_group(), topic) as consumer:
        waiting = asyncio.create_task(read(consumer, 1))
        await asyncio.sleep(0.1)
        await send(broker.bus, some_records(topic, 1))
        assert values(await waiting) == [0]


async def test_a_poll_gives_no_more_than_it_was_asked_for(broker: Broker) -> None:
    topic = await broker.new_topic()
    await send(broker.bus, some_records(topic, 50, keys=9))
    seen: list[int] = []
    async with member(broker.bus, a_group(), topic) as consumer:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(seen) < 50:
                polled = await consumer.poll(7, 0.5)
                assert sum(len(rows) for rows in polled.values()) <= 7
                seen += [int(record.value) for rows in polled.values() for record in rows]
    assert sorted(seen) == list(range(50))


async def test_a_paused_partition_is_silent_while_the_others_go_on(broker: Broker) -> None:
    topic = await broker.new_topic()
    await send(broker.bus, some_records(topic, 30, keys=30))
    async with member(broker.bus, a_group(), topic) as consumer:
        records = await read(consumer, 30)
        paused = Partition(topic, records[0].partition)
        there = sum(record.partition == paused.number for record in records)
        consumer.pause(paused)
        consumer.rewind(paused, 0)
        await send(broker.bus, some_records(topic, 30, keys=30, first=30))
        others = await read(consumer, 30 - there)
        assert paused.number not in {record.partition for record in others}
        assert not await consumer.poll(1000, 0.5)
        consumer.resume(paused)
        again = await read(consumer, 2 * there)
        assert [record.offset for record in again] == list(range(2 * there))


async def test_what_is_asked_of_a_partition_held_by_nobody_here_is_ignored(broker: Broker) -> None:
    topic = await broker.new_topic()
    strange = Partition(topic, PARTITIONS + 1)
    async with member(broker.bus, a_group(), topic) as consumer:
        consumer.pause(strange)
        consumer.resume(strange)
        consumer.rewind(strange, 3)
        with pytest.raises(BusUnavailable):
            await consumer.commit({strange: 1})


async def test_a_topic_that_is_not_there_is_unavailable(broker: Broker) -> None:
    with pytest.raises(BusUnavailable):
        await send(broker.bus, some_records("test.nowhere", 1))


async def test_nothing_is_sent_and_nothing_happens(broker: Broker) -> None:
    await send(broker.bus, [])
