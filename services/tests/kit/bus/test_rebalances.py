"""What the consumer loop does when the bus takes partitions away, or does not keep positions: on a scripted bus."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from services.kit.bus import BusUnavailable, Consumer, OnRevoked, Partition, Producer, Record
from services.kit.facts import consumer as consumer_module
from services.kit.facts.consumer import ConsumerLoop
from services.kit.testing import Urls, eventually

from .saying import TOPIC, Listener, a_listener, notes

AT = Partition(TOPIC, 0)


@dataclass
class ScriptedBus:
    """One partition, one consumer. It gives the polls of the script, then nothing; it notes what is asked of it."""

    script: list[list[Record]]
    refused_commits: int = 0
    committed: list[int] = field(default_factory=list)
    rewound: list[int] = field(default_factory=list)
    opened: int = 0
    on_revoked: OnRevoked | None = None

    def producer(self) -> Producer:
        raise NotImplementedError

    async def consumer(self, group: str, topics: Sequence[str], on_revoked: OnRevoked) -> Consumer:
        self.on_revoked = on_revoked
        self.opened += 1
        return self

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        if self.script:
            return {AT: self.script.pop(0)}
        await asyncio.sleep(0.01)
        return {}

    async def commit(self, positions: Mapping[Partition, int]) -> None:
        if self.refused_commits:
            self.refused_commits -= 1
            raise BusUnavailable()
        self.committed.append(positions[AT])

    def rewind(self, partition: Partition, offset: int) -> None:
        self.rewound.append(offset)

    def pause(self, partition: Partition) -> None:
        pass

    def resume(self, partition: Partition) -> None:
        pass

    async def close(self) -> None:
        pass


@pytest.fixture
async def listener(kit_database: Urls) -> AsyncIterator[Listener]:
    listener = await a_listener(kit_database)
    yield listener
    await listener.database.close()


class Running:
    """A loop on a scripted bus, until the test is over."""

    def __init__(self, bus: ScriptedBus, listener: Listener) -> None:
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(ConsumerLoop(bus, listener.inbox, "group", [TOPIC]).run(self.stop))

    async def __aenter__(self) -> "Running":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await self.task


async def heard(listener: Listener, *expected: str) -> None:
    async def all_heard() -> bool:
        return await listener.notes() == list(expected)

    await eventually(all_heard)


async def test_positions_that_were_not_kept_cost_a_second_reading_and_no_second_hearing(listener: Listener) -> None:
    bus = ScriptedBus([notes("a", [1, 2]), notes("a", [1, 2, 3])], refused_commits=1)
    async with Running(bus, listener):
        await heard(listener, "a1", "a2", "a3")
        await eventually(lambda: _is(bus.committed, [4]))
    assert bus.opened == 1


async def test_positions_are_committed_after_the_facts_are_kept(listener: Listener) -> None:
    bus = ScriptedBus([notes("a", [1, 2])])
    seen: list[list[str]] = []

    async def commit(positions: Mapping[Partition, int]) -> None:
        seen.append(await listener.notes())

    bus.commit = commit  # type: ignore[method-assign]
    async with Running(bus, listener):
        await eventually(lambda: _is(seen, [["a1", "a2"]]))


async def test_who_loses_a_partition_finishes_what_is_in_hand_and_commits_it(listener: Listener) -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()
    hold(listener, begun, goes_on)
    bus = ScriptedBus([notes("a", [1])])
    async with Running(bus, listener):
        await begun.wait()
        assert bus.on_revoked is not None
        revoking = asyncio.ensure_future(bus.on_revoked(frozenset({AT})))
        await asyncio.sleep(0.05)
        assert not revoking.done()
        goes_on.set()
        await revoking
        assert bus.committed == [2]
        assert await listener.notes() == ["a1"]


async def test_what_is_in_hand_for_too_long_is_stopped_and_read_again(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "GRACE_SECONDS", 0.1)
    begun, goes_on = asyncio.Event(), asyncio.Event()
    hold(listener, begun, goes_on)
    bus = ScriptedBus([notes("a", [1])])
    async with Running(bus, listener):
        await begun.wait()
        assert bus.on_revoked is not None
        await bus.on_revoked(frozenset({AT}))
        assert (bus.committed, await listener.notes()) == ([], [])
        await eventually(lambda: _is(bus.rewound, [1]))
        goes_on.set()
        bus.script.append(notes("a", [1, 2]))
        await heard(listener, "a1", "a2")


async def test_a_loop_that_is_cut_off_keeps_nothing_by_halves(listener: Listener) -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()
    hold(listener, begun, goes_on)
    bus = ScriptedBus([notes("a", [1])])
    running = Running(bus, listener)
    await begun.wait()
    running.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running.task
    assert (bus.committed, await listener.notes()) == ([], [])


async def test_a_loop_that_is_told_to_stop_finishes_the_record_in_hand_and_begins_no_other(listener: Listener) -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()
    listener.troubles["a3"] = ValueError("in parts, please")
    bus = ScriptedBus([notes("a", [1, 2, 3])])
    running = Running(bus, listener)
    hold(listener, begun, goes_on, at_call=2)  # three in one transaction, then the first alone
    await begun.wait()
    running.stop.set()
    goes_on.set()
    await running.task
    assert await listener.notes() == ["a1"]
    assert (bus.committed, bus.rewound) == ([2], [2])


async def test_a_bad_fact_in_a_poll_is_found_alone_and_most_others_go_in_together(listener: Listener) -> None:
    """Taken one by one, hundreds would pay for the one that is parked."""
    listener.troubles["a3"] = ValueError("never")
    bus = ScriptedBus([in_one_partition([*notes("b", range(1, 12)), *notes("a", range(1, 6)), *notes("c", [1, 2])])])
    async with Running(bus, listener):
        await eventually(lambda: _is(bus.committed, [19]))
    assert await listener.parked() == [("a", 3), ("a", 4), ("a", 5)]
    assert sorted(await listener.notes()) == sorted([f"b{n}" for n in range(1, 12)] + ["a1", "a2", "c1", "c2"])
    assert len(listener.runs) < 19


def in_one_partition(records: Sequence[Record]) -> list[Record]:
    return [replace(record, offset=offset) for offset, record in enumerate(records, start=1)]


def hold(listener: Listener, begun: asyncio.Event, goes_on: asyncio.Event, at_call: int = 1) -> None:
    """Makes one call of the handler wait in the middle of its transaction."""
    handle = listener.on_notes_taken
    calls = iter(range(1, 1_000))

    async def held(*of_the_call: object) -> None:
        if next(calls) == at_call:
            begun.set()
            await goes_on.wait()
        await handle(*of_the_call)  # type: ignore[arg-type]

    listener.inbox._handlers = dict.fromkeys(listener.inbox._handlers, held)


async def _is(found: object, expected: object) -> bool:
    return found == expected
