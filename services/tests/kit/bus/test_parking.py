"""What cannot go in is set aside with its bytes, holds back its own aggregate alone, and can be taken again."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.kit.facts.inbox import EventChanged
from services.kit.facts.parking import UNREADABLE, replay
from services.kit.testing import Urls, as_admin

from .saying import SOURCE, TOPIC, Listener, a_listener, a_record, an_envelope, notes, unreadable


@pytest.fixture
async def listener(kit_database: Urls) -> AsyncIterator[Listener]:
    listener = await a_listener(kit_database)
    yield listener
    await listener.database.close()


async def replayed(listener: Listener, aggregate: str, source: str = SOURCE) -> int:
    return await replay(listener.database, listener.inbox.take, "service:listeners-service", source, aggregate)


async def test_what_comes_behind_a_parked_fact_is_parked_and_everything_else_goes_on(listener: Listener) -> None:
    await listener.inbox.take(notes("a", [1]))
    await listener.inbox.set_aside(notes("a", [2])[0], "no good")
    await listener.inbox.take(notes("a", [3]) + notes("b", [1]) + notes("a", [1, 4]))
    assert await listener.notes() == ["a1", "b1"]
    assert await listener.parked() == [("a", 2), ("a", 3), ("a", 4)]
    assert await listener.head("a") == 1


async def test_a_fact_is_parked_once(listener: Listener) -> None:
    for _ in range(2):
        await listener.inbox.set_aside(notes("a", [1])[0], "no good")
        await listener.inbox.take(notes("a", [2]))
    assert await listener.parked() == [("a", 1), ("a", 2)]


async def test_parked_facts_are_taken_again_in_order_and_their_aggregate_goes_on(listener: Listener) -> None:
    await listener.inbox.set_aside(notes("a", [2])[0], "no good")
    await listener.inbox.take(notes("a", [1]) + notes("b", [1]))
    await listener.inbox.take(notes("a", [3]))
    assert await listener.parked() == [("a", 1), ("a", 2), ("a", 3)]
    assert await replayed(listener, "a") == 3
    await listener.inbox.take(notes("a", [3, 4]))
    assert await listener.notes() == ["b1", "a1", "a2", "a3", "a4"]
    assert await listener.parked() == []


async def test_taking_again_stops_at_the_first_that_still_cannot_be_taken(listener: Listener) -> None:
    await listener.inbox.set_aside(notes("a", [1])[0], "no good")
    await listener.inbox.take(notes("a", [2, 3]))
    listener.troubles["a2"] = RuntimeError("still no good")
    with pytest.raises(RuntimeError):
        await replayed(listener, "a")
    assert await listener.parked() == [("a", 2), ("a", 3)]
    listener.troubles.clear()
    assert await replayed(listener, "a") == 2
    assert await listener.notes() == ["a1", "a2", "a3"]


async def test_what_was_taken_in_the_meantime_is_done_with(listener: Listener) -> None:
    await listener.inbox.take(notes("a", [1]))
    await listener.inbox.set_aside(notes("a", [1])[0], "seen twice")
    assert await replayed(listener, "a") == 1
    assert (await listener.notes(), await listener.parked()) == (["a1"], [])


async def test_what_contradicts_a_fact_that_was_taken_stays_parked(listener: Listener) -> None:
    await listener.inbox.take(notes("a", [1]))
    await listener.inbox.set_aside(a_record(an_envelope("a", 1, "changed")), "no good")
    with pytest.raises(EventChanged):
        await replayed(listener, "a")
    assert await listener.parked() == [("a", 1)]


async def test_a_gap_before_a_parked_fact_is_filled_when_it_is_taken_again(listener: Listener) -> None:
    await listener.inbox.set_aside(notes("a", [3])[0], "no good")
    listener.owner.said = [an_envelope("a", n) for n in (1, 2)]
    assert await replayed(listener, "a") == 1
    assert await listener.notes() == ["a1", "a2", "a3"]


async def test_a_record_that_says_nothing_of_itself_is_parked_by_where_it_stood(listener: Listener) -> None:
    record = unreadable(replace(notes("a", [1])[0], offset=41, partition=5), "ce_id", "ce_subject")
    await listener.inbox.set_aside(record, "EventNotReadable: ce_id is missing.")
    [row] = await as_admin(listener.urls, "select source, aggregate, sequence, reason from parked")
    assert tuple(row.values()) == (UNREADABLE, f"{TOPIC}/5", 41, "EventNotReadable: ce_id is missing.")
    await listener.inbox.take(notes("a", [1]))
    assert await listener.notes() == ["a1"]


async def test_a_parked_record_keeps_every_byte(listener: Listener) -> None:
    strange = replace(
        notes("a", [1])[0],
        key=b"\xff\x00",
        headers=(
            ("ce_id", b"\xfe"),
            ("caf\u00e9", b"nul \x00"),
            ("text", "\u00e6\u00f8\u00e5".encode()),
            ("none", b""),
        ),
        value=b"\x00\xff",
    )
    await listener.inbox.set_aside(strange, "no good")
    seen: list[object] = []

    async def look(records: object, parked_id: int) -> None:
        seen.append(records)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await replay(listener.database, look, "service:x", UNREADABLE, f"{TOPIC}/0")
    assert seen == [[strange]]
