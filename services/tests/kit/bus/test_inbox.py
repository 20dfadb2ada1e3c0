"""Facts go in once, in sequence, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from services.core.errors import Unavailable
from services.events.envelope import Envelope
from services.kit.bus.binary import EventNotReadable
from services.kit.doors.shapes import ShapeNotAllowed
from services.kit.facts.inbox import EventChanged, GapNotFilled, SourceNotDeclared
from services.kit.testing import Urls, as_admin

from .saying import SAID_AT, SOURCE, Listener, a_listener, a_record, an_envelope, notes, unreadable


@pytest.fixture
async def listener(kit_database: Urls) -> AsyncIterator[Listener]:
    listener = await a_listener(kit_database)
    yield listener
    await listener.database.close()


async def test_facts_in_sequence_are_handled_and_remembered(listener: Listener) -> None:
    await listener.inbox.take(notes("a", [1, 2]) + notes("b", [1]))
    await listener.inbox.take(notes("a", [3]))
    assert await listener.notes() == ["a1", "a2", "b1", "a3"]
    assert (await listener.head("a"), await listener.head("b")) == (3, 1)
    rows = await as_admin(listener.urls, "select source, aggregate, sequence from inbox order by aggregate, sequence")
    assert [tuple(row.values()) for row in rows] == [
        (SOURCE, "a", 1),
        (SOURCE, "a", 2),
        (SOURCE, "a", 3),
        (SOURCE, "b", 1),
    ]


async def test_a_handler_is_told_who_when_and_in_which_correlation(listener: Listener) -> None:
    await listener.inbox.take(notes("a", [1]))
    [(tx, envelope)] = listener.heard
    assert envelope == an_envelope("a", 1)
    assert envelope.time == SAID_AT
    assert tx.correlation_id == UUID(int=7)
    assert tx.now > SAID_AT
    assert (tx.caller.issuer, tx.caller.subject) == ("urn:enzym:listeners-service", "service:listeners-service")
    assert (tx.caller.organisation, tx.caller.actor) == ("service:listeners-service", "system")


async def test_a_fact_that_comes_again_is_skipped(listener: Listener) -> None:
    await listener.inbox.take(notes("a", [1, 2, 2, 1]))
    await listener.inbox.take(notes("a", [1, 2, 3]))
    assert await listener.notes() == ["a1", "a2", "a3"]


@pytest.mark.parametrize(
    "other", [replace(an_envelope("a", 1), body=b'{"text": "changed"}'), replace(an_envelope("a", 1), id=UUID(int=99))]
)
async def test_a_sequence_that_comes_again_with_something_else_is_broken(listener: Listener, other: Envelope) -> None:
    await listener.inbox.take(notes("a", [1, 2]))
    with pytest.raises(EventChanged):
        await listener.inbox.take([a_record(other)])


async def test_what_is_missing_is_fetched_from_its_owner_and_taken_first(listener: Listener) -> None:
    listener.owner.said = [an_envelope("a", n) for n in range(1, 9)]
    await listener.inbox.take(notes("b", [1]) + notes("a", [4, 5]))
    assert listener.owner.asked == [(SOURCE, "a", 1)]
    assert await listener.notes() == ["b1", "a1", "a2", "a3", "a4", "a5"]
    await listener.inbox.take(notes("a", [2, 6]))
    assert await listener.head("a") == 6


async def test_several_gaps_are_filled_where_they_are(listener: Listener) -> None:
    listener.owner.said = [an_envelope("a", n) for n in range(1, 9)]
    await listener.inbox.take(notes("a", [1, 4, 5, 8]))
    assert [first for _, _, first in listener.owner.asked] == [2, 6]
    assert await listener.notes() == [f"a{n}" for n in range(1, 9)]


async def test_a_wide_gap_is_fetched_page_by_page(listener: Listener) -> None:
    listener.owner.said = [an_envelope("a", n) for n in range(1, 9)]
    listener.owner.page = 2
    await listener.inbox.take(notes("a", [6]))
    assert [first for _, _, first in listener.owner.asked] == [1, 3, 5]
    assert await listener.notes() == ["a1", "a2", "a3", "a4", "a5", "a6"]


@pytest.mark.parametrize("said", [[], [3, 4], [1, 3]], ids=["nothing", "not from the first", "a gap of its own"])
async def test_nothing_is_taken_past_a_gap_that_its_owner_cannot_fill(listener: Listener, said: list[int]) -> None:
    listener.owner.said = [an_envelope("a", n) for n in said]
    with pytest.raises(GapNotFilled):
        await listener.inbox.take(notes("a", [4]))
    assert (await listener.notes(), await listener.head("a")) == ([], 0)


async def test_while_the_owner_is_away_nothing_is_taken(listener: Listener) -> None:
    async def away(*_: object) -> list[object]:
        raise Unavailable()

    listener.inbox._fetch_missing = away  # type: ignore[assignment]
    with pytest.raises(Unavailable):
        await listener.inbox.take(notes("b", [1]) + notes("a", [2]))
    assert await listener.notes() == []


async def test_all_of_these_go_in_or_none(listener: Listener) -> None:
    listener.troubles["b1"] = RuntimeError("no")
    with pytest.raises(RuntimeError):
        await listener.inbox.take(notes("a", [1]) + notes("b", [1]))
    assert (await listener.notes(), await listener.head("a")) == ([], 0)


async def test_a_type_that_nobody_declared_or_handles_is_remembered_and_skipped(listener: Listener) -> None:
    unknown = an_envelope("a", 1, type="eu.enzym.note.sung.v1", body=b"anything at all")
    unheard = an_envelope("a", 2, type="eu.enzym.note.dropped.v1")
    await listener.inbox.take([a_record(unknown), a_record(unheard), *notes("a", [3])])
    assert (await listener.notes(), await listener.head("a")) == (["a3"], 3)


async def test_a_fact_that_another_service_says_is_not_believed(listener: Listener) -> None:
    with pytest.raises(SourceNotDeclared):
        await listener.inbox.take([a_record(an_envelope("a", 1, source="urn:enzym:others-service"))])


@pytest.mark.parametrize("body", [b"", b"{", b'{"text": 1}', b'{"text": "a", "more": 1}', b"\xff"])
async def test_a_body_of_another_shape_is_refused(listener: Listener, body: bytes) -> None:
    with pytest.raises(ShapeNotAllowed):
        await listener.inbox.take([a_record(an_envelope("a", 1, body=body))])


async def test_a_record_that_is_no_event_is_refused(listener: Listener) -> None:
    with pytest.raises(EventNotReadable):
        await listener.inbox.take([*notes("b", [1]), unreadable(a_record(an_envelope("a", 1)), "ce_id")])
    assert await listener.notes() == []


async def test_two_that_take_the_same_at_once_take_it_once(listener: Listener) -> None:
    records = [record for aggregate in "abcdefgh" for record in notes(aggregate, [1, 2, 3])]
    await asyncio.gather(*(listener.inbox.take(records) for _ in range(4)))
    assert sorted(await listener.notes()) == sorted(f"{aggregate}{n}" for aggregate in "abcdefgh" for n in (1, 2, 3))


async def test_facts_of_one_aggregate_come_as_one_run_whatever_comes_between_them(listener: Listener) -> None:
    """Handed over one by one, each fact costs the round trips of all."""
    mixed = [*notes("a", [1, 2]), *notes("b", [1]), *notes("a", [3]), *notes("b", [2])]
    await listener.inbox.take(mixed)
    assert listener.runs == [["a1", "a2", "a3"], ["b1", "b2"]]
    await listener.inbox.take(notes("a", [2, 3, 4]))
    assert listener.runs[2:] == [["a4"]]
