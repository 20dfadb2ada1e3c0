"""Tests: what was said between services, and whether it was said and heard as it must be (invariants 6, 7, 8)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Fact:
    """One row of a service's table `fact`; `body` is the JSON as kept."""

    source: str
    event_id: str
    type: str
    aggregate: str
    sequence: int
    body: str


@dataclass(frozen=True)
class OnBus:
    """One record as it stands in Kafka."""

    topic: str
    partition: int
    offset: int
    key: str
    event_id: str
    source: str
    type: str
    aggregate: str
    sequence: int
    body: str


@dataclass(frozen=True)
class Heard:
    """One row of a service's table `inbox` or `parked`."""

    source: str
    aggregate: str
    sequence: int


def without_gap(facts: Iterable[Fact], heads: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """6: per (source, aggregate), sequence 1..n without a gap; and the owner's head is n."""

    def by(fact: Fact) -> tuple[str, str]:
        return (fact.source, fact.aggregate)

    seen = set()
    for (source, aggregate), rows in groupby(sorted(facts, key=lambda fact: (*by(fact), fact.sequence)), by):
        seen.add((source, aggregate))
        numbers = [row.sequence for row in rows]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"6: {source} {aggregate}: sequences are {numbers}, not 1 to {len(numbers)}"
        if heads.get((source, aggregate)) != len(numbers):
            yield f"6: {source} {aggregate}: the head is {heads.get((source, aggregate))}, facts are {len(numbers)}"
    for source, aggregate in heads.keys() - seen:
        yield f"6: {source} {aggregate}: there is a head and no fact"


def published(facts: Iterable[Fact], records: Iterable[OnBus], unpublished: Iterable[str]) -> Iterator[str]:
    """7: event ids on Kafka are those in the outbox; first occurrences are in order (`1 2 3 2` is legal, `1 3 2` is
    not), each under its key, with its exact body. `unpublished` are event ids still waiting to be sent."""
    kept = {fact.event_id: fact for fact in facts}
    waiting = set(unpublished)
    sent: set[str] = set()
    last: dict[tuple[str, str], int] = {}
    place: dict[tuple[str, str], tuple[str, int]] = {}
    for record in sorted(records, key=lambda record: (record.topic, record.partition, record.offset)):
        fact = kept.get(record.event_id)
        where = f"{record.topic}/{record.partition}@{record.offset}"
        if fact is None:
            yield f"7: {where}: event {record.event_id} is on the bus and in no outbox"
            continue
        yield from _alike(fact, record, where)
        key = (record.source, record.aggregate)
        if place.setdefault(key, (record.topic, record.partition)) != (record.topic, record.partition):
            yield f"7: {where}: {key} stands in two partitions"
        if record.event_id in sent:
            continue
        sent.add(record.event_id)
        if record.sequence != last.get(key, 0) + 1:
            yield f"7: {where}: sequence {record.sequence} of {key} comes after {last.get(key, 0)}"
        last[key] = record.sequence
    for event_id in kept.keys() - sent - waiting:
        yield f"7: event {event_id} ({kept[event_id].type}) is in the outbox, marked as sent, and not on the bus"


def _alike(fact: Fact, record: OnBus, where: str) -> Iterator[str]:
    if record.key != record.aggregate:
        yield f"7: {where}: the key is not the aggregate"
    for name in ("source", "type", "aggregate", "sequence", "body"):
        if getattr(fact, name) != getattr(record, name):
            yield f"7: {where}: {name} differs from the outbox"


def heard(
    service: str, committed: Mapping[tuple[str, int], int], records: Iterable[OnBus], inbox: Iterable[Heard]
) -> Iterator[str]:
    """8: the committed offset of a service is never ahead of its inbox: what lies before it was kept or parked."""
    known = {(row.source, row.aggregate, row.sequence) for row in inbox}
    for record in records:
        is_committed = record.offset < committed.get((record.topic, record.partition), 0)
        if is_committed and (record.source, record.aggregate, record.sequence) not in known:
            yield (
                f"8: {service} has committed past {record.topic}/{record.partition}@{record.offset} "
                f"({record.source} {record.aggregate} {record.sequence}) and never kept it"
            )


def quiet(service: str, unpublished: Iterable[str], parked: Iterable[Heard]) -> Iterator[str]:
    """12: when all is healed, nothing waits to be sent and nothing is parked."""
    waiting = list(unpublished)
    if waiting:
        yield f"12: {service}: {len(waiting)} facts wait to be sent"
    for row in parked:
        yield f"12: {service}: {row.source} {row.aggregate} {row.sequence} is parked"
