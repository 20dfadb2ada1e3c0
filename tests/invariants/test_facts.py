"""Tests: the checker of what was said finds what is broken, and nothing when nothing is."""

from dataclasses import replace

from .facts import Fact, Heard, OnBus, heard, published, quiet, without_gap

A, B = "a", "b"


def a_fact(aggregate: str, sequence: int) -> Fact:
    return Fact("urn:enzym:x", f"{aggregate}{sequence}", "eu.enzym.x.done.v1", aggregate, sequence, '{"n":1}')


def on_bus(fact: Fact, offset: int) -> OnBus:
    names = ("event_id", "source", "type", "aggregate", "sequence", "body")
    same = {name: getattr(fact, name) for name in names}
    return OnBus("t", 0, offset, fact.aggregate, **same)


FACTS = [a_fact(A, 1), a_fact(A, 2), a_fact(B, 1), a_fact(A, 3)]
HEADS = {("urn:enzym:x", A): 3, ("urn:enzym:x", B): 1}
RECORDS = [on_bus(fact, offset) for offset, fact in enumerate(FACTS)]


def test_sequences_without_a_gap_are_sound() -> None:
    assert list(without_gap(FACTS, HEADS)) == []


def test_a_missing_sequence_is_found() -> None:
    [gap, head] = without_gap([FACTS[0], FACTS[2], FACTS[3]], HEADS)
    assert "[1, 3]" in gap
    assert "head" in head


def test_a_head_without_facts_is_found() -> None:
    assert len(list(without_gap(FACTS, {**HEADS, ("urn:enzym:x", "c"): 1}))) == 1


def test_the_bus_may_say_a_thing_twice() -> None:
    again = [*RECORDS, on_bus(FACTS[1], 4)]
    assert list(published(FACTS, again, [])) == []


def test_a_later_fact_before_an_earlier_one_is_found() -> None:
    swapped = [on_bus(FACTS[0], 0), on_bus(FACTS[3], 1), on_bus(FACTS[1], 2), on_bus(FACTS[2], 3)]
    assert any("sequence 3" in finding for finding in published(FACTS, swapped, []))


def test_a_fact_that_was_never_sent_is_found() -> None:
    assert ["not on the bus" in finding for finding in published(FACTS, RECORDS[:3], [])] == [True]


def test_a_fact_that_waits_to_be_sent_is_sound() -> None:
    assert list(published(FACTS, RECORDS[:3], [FACTS[3].event_id])) == []


def test_an_event_that_nobody_said_is_found() -> None:
    strange = replace(RECORDS[3], offset=4, event_id="z")
    assert ["no outbox" in finding for finding in published(FACTS, [*RECORDS, strange], [])] == [True]


def test_another_body_than_was_kept_is_found() -> None:
    changed = [*RECORDS[:3], replace(RECORDS[3], body='{"n":2}')]
    assert ["body differs" in finding for finding in published(FACTS, changed, [])] == [True]


def test_a_key_in_two_partitions_is_found() -> None:
    moved = [*RECORDS[:3], replace(RECORDS[3], partition=1)]
    assert any("two partitions" in finding for finding in published(FACTS, moved, []))


def test_an_offset_committed_ahead_of_the_inbox_is_found() -> None:
    inbox = [Heard(fact.source, fact.aggregate, fact.sequence) for fact in FACTS[:3]]
    assert list(heard("x", {("t", 0): 3}, RECORDS, inbox)) == []
    assert len(list(heard("x", {("t", 0): 4}, RECORDS, inbox))) == 1


def test_what_waits_or_is_parked_is_not_quiet() -> None:
    assert list(quiet("x", [], [])) == []
    assert len(list(quiet("x", ["a1"], [Heard("s", A, 1)]))) == 2
