"""Tests: everything on the bus is said a second time: nobody does anything twice."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from tests.conftest import CheckAll, Played
from tests.invariants.reading import TOPICS
from tests.running import RunningSuite

PARTITIONS = 6


async def _say_all_again(bootstrap: str) -> int:
    """Sends every record once more, as it stands, in its order; returns how many there were."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await consumer.start()
    await producer.start()
    try:
        places = [TopicPartition(topic, number) for topic in TOPICS for number in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        count = 0
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, polled in (await consumer.getmany(timeout_ms=500)).items():
                for record in (polled_record for polled_record in polled if polled_record.offset < ends[place]):
                    await producer.send(
                        place.topic, record.value, record.key, place.partition, headers=list(record.headers)
                    )
                    count += 1
        await producer.flush()
        return count
    finally:
        await producer.stop()
        await consumer.stop()


def test_what_is_said_twice_happens_once(suite: RunningSuite, played: Played, check_all: CheckAll) -> None:
    before = check_all(played.recorder)
    with ThreadPoolExecutor(1) as thread:
        count = thread.submit(asyncio.run, _say_all_again(suite.told()["bootstrap"])).result()
    assert count >= len(before.facts)
    after = check_all(played.recorder)
    assert len(after.facts) == len(before.facts)
    for service, tables in before.tables.items():
        assert {name: len(rows) for name, rows in tables.items()} == {
            name: len(rows) for name, rows in after.tables[service].items()
        }
