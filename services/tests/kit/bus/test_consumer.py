"""The consumer loop over both buses: duplicates, gaps, poison, and what waits for something."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from services.core.errors import Unavailable
from services.events.envelope import Envelope
from services.kit.bus import Outgoing
from services.kit.bus.partition import partition_of
from services.kit.facts.consumer import ConsumerLoop
from services.kit.testing import Urls, as_admin, eventually

from .conftest import PARTITIONS, Broker
from .reading import PATIENCE_SECONDS, a_group, send
from .saying import Listener, a_catalogue, a_listener, an_envelope, new_aggregate, sent


@dataclass
class Scene:
    """A listener whose loop runs in a group of its own, on a topic of its own."""

    broker: Broker
    topic: str
    group: str
    listener: Listener

    async def say(self, *envelopes: Envelope) -> None:
        await send(self.broker.bus, sent(self.topic, envelopes))

    def loop(self) -> ConsumerLoop:
        return ConsumerLoop(self.broker.bus, self.listener.inbox, self.group, [self.topic])

    @asynccontextmanager
    async def running(self, loops: int = 1) -> AsyncIterator[None]:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(self.loop().run(stop)) for _ in range(loops)]
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*tasks)

    async def hears(self, expected: Sequence[str]) -> None:
        """Waits until exactly these notes are written down."""

        async def heard() -> bool:
            return sorted(await self.listener.notes()) == sorted(expected)

        try:
            await eventually(heard, PATIENCE_SECONDS)
        except TimeoutError:
            pytest.fail(f"heard {await self.listener.notes()} instead of {expected}")

    async def parks(self, expected: Sequence[tuple[str, int]]) -> None:
        async def parked() -> bool:
            return await self.listener.parked() == sorted(expected)

        await eventually(parked, PATIENCE_SECONDS)


@pytest.fixture
async def scene(broker: Broker, kit_database: Urls) -> AsyncIterator[Scene]:
    topic = await broker.new_topic()
    listener = await a_listener(kit_database, a_catalogue(topic))
    yield Scene(broker, topic, a_group(), listener)
    await listener.database.close()


async def test_facts_are_heard_in_order_and_once(scene: Scene) -> None:
    envelopes = [an_envelope(aggregate, n) for n in range(1, 31) for aggregate in "abcdefgh"]
    await scene.say(*envelopes)
    async with scene.running():
        await scene.say(*envelopes[:40])
        await scene.say(an_envelope("a", 31))
        await scene.hears([f"{e.aggregate}{e.sequence}" for e in envelopes] + ["a31"])
    for aggregate in "abcdefgh":
        heard = [int(note[1:]) for note in await scene.listener.notes() if note.startswith(aggregate)]
        assert heard == sorted(heard)


async def test_a_gap_on_the_bus_is_filled_from_the_owner(scene: Scene) -> None:
    scene.listener.owner.said = [an_envelope("a", n) for n in range(1, 6)]
    async with scene.running():
        await scene.say(an_envelope("a", 1), an_envelope("a", 4), an_envelope("b", 1))
        await scene.hears(["a1", "a2", "a3", "a4", "b1"])
        await scene.say(an_envelope("a", 2), an_envelope("a", 3), an_envelope("a", 5))
        await scene.hears(["a1", "a2", "a3", "a4", "a5", "b1"])
    assert await scene.listener.parked() == []


async def test_poison_is_parked_with_what_follows_it_and_everything_else_goes_on(scene: Scene) -> None:
    poisoned, others = new_aggregate(), [new_aggregate() for _ in range(6)]
    scene.listener.troubles[f"{poisoned}2"] = ValueError("poison")
    envelopes = [an_envelope(aggregate, n) for n in (1, 2, 3) for aggregate in (poisoned, *others)]
    async with scene.running():
        await scene.say(*envelopes)
        await scene.hears([f"{poisoned}1"] + [f"{other}{n}" for other in others for n in (1, 2, 3)])
        await scene.parks([(poisoned, 2), (poisoned, 3)])
        await scene.say(an_envelope(poisoned, 4))
        await scene.parks([(poisoned, 2), (poisoned, 3), (poisoned, 4)])
    [reason, *behind] = [
        row["reason"] for row in await as_admin(scene.listener.urls, "select reason from parked order by sequence")
    ]
    assert reason == "ValueError"
    assert set(behind) == {"an earlier fact of this source and aggregate is parked"}


async def test_what_is_no_event_is_parked_and_the_partition_goes_on(scene: Scene) -> None:
    async with scene.running():
        await send(scene.broker.bus, [Outgoing(scene.topic, b"a", (("ce_id", b"\xff"),), b"\x00")])
        await scene.say(an_envelope("a", 1, body=b"not json"), an_envelope("a", 2), an_envelope("b", 1))
        await scene.hears(["b1"])
        await eventually(lambda: _counts(scene, 3), PATIENCE_SECONDS)


async def _counts(scene: Scene, parked: int) -> bool:
    return len(await scene.listener.parked()) == parked


async def test_what_waits_for_something_keeps_its_partition_and_the_others_go_on(scene: Scene) -> None:
    waiting, others = new_aggregate(), [new_aggregate() for _ in range(12)]
    scene.listener.troubles[f"{waiting}2"] = Unavailable()
    async with scene.running():
        await scene.say(*(an_envelope(waiting, n) for n in (1, 2, 3)))
        await scene.hears([f"{waiting}1"])
        await scene.say(*(an_envelope(other, 1) for other in others))
        here = partition_of(waiting.encode(), PARTITIONS)
        beside = [other for other in others if partition_of(other.encode(), PARTITIONS) != here]
        assert beside
        await eventually(lambda: _all_heard(scene, beside), PATIENCE_SECONDS)
        assert f"{waiting}2" not in await scene.listener.notes()
        scene.listener.troubles.clear()
        await scene.hears([f"{waiting}{n}" for n in (1, 2, 3)] + [f"{other}1" for other in others])
    assert await scene.listener.parked() == []


async def _all_heard(scene: Scene, aggregates: Sequence[str]) -> bool:
    return {f"{aggregate}1" for aggregate in aggregates} <= set(await scene.listener.notes())


async def test_facts_of_an_owner_that_is_away_wait_for_it(scene: Scene) -> None:
    owner = scene.listener.owner
    fetch = scene.listener.inbox._fetch_missing
    asked = asyncio.Event()

    async def away(*_: object) -> list[Envelope]:
        asked.set()
        raise Unavailable()

    scene.listener.inbox._fetch_missing = away
    owner.said = [an_envelope("a", n) for n in (1, 2)]
    async with scene.running():
        await scene.say(an_envelope("a", 2))
        await asked.wait()
        scene.listener.inbox._fetch_missing = fetch
        await scene.hears(["a1", "a2"])


async def test_two_loops_of_one_group_hear_every_fact_once_and_in_order(scene: Scene) -> None:
    aggregates = [new_aggregate() for _ in range(20)]
    async with scene.running(loops=2):
        for n in range(1, 21):
            await scene.say(*(an_envelope(aggregate, n) for aggregate in aggregates))
        await scene.hears([f"{aggregate}{n}" for aggregate in aggregates for n in range(1, 21)])
    notes = await scene.listener.notes()
    for aggregate in aggregates:
        assert [note for note in notes if note.startswith(aggregate)] == [f"{aggregate}{n}" for n in range(1, 21)]


async def test_a_loop_goes_on_where_the_last_one_stopped(scene: Scene) -> None:
    await scene.say(an_envelope("a", 1))
    async with scene.running():
        await scene.hears(["a1"])
    await scene.say(an_envelope("a", 2))
    async with scene.running():
        await scene.hears(["a1", "a2"])


async def test_a_new_group_hears_everything_from_the_first_record(scene: Scene) -> None:
    await scene.say(*(an_envelope("a", n) for n in (1, 2, 3)))
    async with scene.running():
        await scene.hears(["a1", "a2", "a3"])
    scene.group = a_group()
    async with scene.running():
        await scene.say(an_envelope("a", 4))
        await scene.hears(["a1", "a2", "a3", "a4"])


async def test_the_loop_outlives_its_bus(scene: Scene) -> None:
    async with scene.running():
        await scene.say(an_envelope("a", 1))
        await scene.hears(["a1"])
        await scene.broker.down()
        await asyncio.sleep(0.5)
        await scene.broker.up()
        await eventually(lambda: _said(scene, an_envelope("a", 2)), PATIENCE_SECONDS)
        await scene.hears(["a1", "a2"])


async def _said(scene: Scene, envelope: Envelope) -> bool:
    try:
        await scene.say(envelope)
        return True
    except Unavailable:
        return False
