"""What tests say to a bus, in one line each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.kit.bus import Bus, BusUnavailable, Consumer, OnRevoked, Outgoing, Partition, Record
from services.kit.process import clock

PATIENCE_SECONDS = 60


def a_group() -> str:
    return f"group-{clock.random_id()}"


def some_records(topic: str, count: int, keys: int = 1, first: int = 0) -> list[Outgoing]:
    """`count` records with values `first`, `first` + 1 ..., spread over `keys` keys in turn."""
    return [
        Outgoing(topic, f"key-{n % keys}".encode(), (("ce_id", str(n).encode()),), str(n).encode())
        for n in range(first, first + count)
    ]


async def nothing_to_do(_: frozenset[Partition]) -> None:
    return None


async def send(bus: Bus, records: Sequence[Outgoing]) -> None:
    """Sends with a producer of its own."""
    producer = bus.producer()
    try:
        await producer.send(records)
    finally:
        await producer.close()


@asynccontextmanager
async def member(bus: Bus, group: str, topic: str, on_revoked: OnRevoked = nothing_to_do) -> AsyncIterator[Consumer]:
    """A member of a group that leaves in order. Opening is tried again while the bus is coming up."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                consumer = await bus.consumer(group, [topic], on_revoked)
                break
            except BusUnavailable:
                await asyncio.sleep(0.2)
    try:
        yield consumer
    finally:
        await consumer.close()


async def read(consumer: Consumer, count: int, *, commit: bool = True) -> list[Record]:
    """Polls until `count` records have come, each poll committed."""
    records: list[Record] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(records) < count:
            polled = await consumer.poll(1000, 0.5)
            records += [record for rows in polled.values() for record in rows]
            if commit and polled:
                await consumer.commit({at: rows[-1].offset + 1 for at, rows in polled.items()})
    return records


def values(records: Sequence[Record]) -> list[int]:
    return [int(record.value) for record in records]
