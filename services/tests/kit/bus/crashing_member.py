"""A member of a group that reads everything, commits a part, says so, and waits to be killed."""

import asyncio
import sys

from services.kit.bus import Bus, Partition
from services.kit.bus.embedded import EmbeddedBus
from services.kit.bus.kafka import KafkaBus
from services.kit.process import telemetry


async def nothing_to_do(_: frozenset[Partition]) -> None:
    return None


async def main(kind: str, address: str, group: str, topic: str, committed: int) -> None:
    telemetry.configure("crashing-member")
    bus: Bus = (
        KafkaBus(address, session_seconds=6)
        if kind == "kafka"
        else EmbeddedBus(address, lease_seconds=3, tend_seconds=0.2)
    )
    consumer = await bus.consumer(group, [topic], nothing_to_do)
    while not (polled := await consumer.poll(1000, 1)):
        pass
    [(at, rows)] = polled.items()
    await consumer.commit({at: committed})
    sys.stdout.write(f"read {len(rows)}, committed {committed}\n")
    sys.stdout.flush()
    await asyncio.sleep(600)


_, kind, address, group, topic, committed = sys.argv
asyncio.run(main(kind, address, group, topic, int(committed)))
