"""What the tests of the kit say: a catalogue of two facts, envelopes and records of them, and somebody who listens."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.core.values import value
from services.events.envelope import Declaration, Envelope
from services.kit.bus import Outgoing, Record
from services.kit.bus.binary import outgoing
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.facts.inbox import Inbox, Run
from services.kit.process import clock
from services.kit.testing import Urls, as_admin

SOURCE = "urn:enzym:tellers-service"
TOPIC = "test.notes"
SAID_AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


@value
class NoteTaken:
    text: str


@value
class NoteDropped:
    text: str


def a_catalogue(topic: str = TOPIC) -> dict[str, Declaration]:
    rows = [
        Declaration("eu.enzym.note.taken.v1", SOURCE, topic, NoteTaken),
        Declaration("eu.enzym.note.dropped.v1", SOURCE, topic, NoteDropped),
    ]
    return {row.type: row for row in rows}


def an_envelope(aggregate: str, sequence: int, said: str = "", **other: Any) -> Envelope:
    """The `sequence`-th note of an aggregate; the same arguments give the same envelope."""
    envelope = Envelope(
        id=UUID(int=sequence * 1000 + sum(aggregate.encode())),
        type="eu.enzym.note.taken.v1",
        source=SOURCE,
        aggregate=aggregate,
        sequence=sequence,
        time=SAID_AT,
        correlation_id=UUID(int=7),
        body=f'{{"text": "{said or f"{aggregate}{sequence}"}"}}'.encode(),
    )
    return replace(envelope, **other)


def a_record(envelope: Envelope, offset: int = 0, partition: int = 0) -> Record:
    sent = outgoing(TOPIC, envelope)
    return Record(sent.topic, partition, offset, sent.key, tuple(sent.headers), sent.value)


def unreadable(record: Record, *without: str) -> Record:
    return replace(record, headers=tuple(pair for pair in record.headers if pair[0] not in without))


def notes(aggregate: str, sequences: Sequence[int]) -> list[Record]:
    return [a_record(an_envelope(aggregate, n), offset=n) for n in sequences]


def sent(topic: str, envelopes: Sequence[Envelope]) -> list[Outgoing]:
    return [outgoing(topic, envelope) for envelope in envelopes]


@dataclass
class Owner:
    """The service that said the facts, and what it would answer."""

    said: list[Envelope] = field(default_factory=list)
    page: int = 100
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    async def fetch_missing(self, source: str, aggregate: str, first: int) -> list[Envelope]:
        self.asked.append((source, aggregate, first))
        wanted = [e for e in self.said if e.aggregate == aggregate and e.sequence >= first]
        return sorted(wanted, key=lambda envelope: envelope.sequence)[: self.page]


class Listener:
    """A service that writes down each note it is told, in a table of its own. `troubles` are raised, by the text of
    the note, until they are taken away; `heard` are the transactions and envelopes it was handed, `runs` the texts that
    came together."""

    def __init__(self, database: Database, urls: Urls, catalogue: Mapping[str, Declaration] | None = None) -> None:
        self.urls = urls
        self.owner = Owner()
        self.troubles: dict[str, Exception] = {}
        self.heard: list[tuple[Transaction, Envelope]] = []
        self.runs: list[list[str]] = []
        self.changed = asyncio.Event()
        self.database = database
        self.inbox = Inbox(
            database,
            "listeners-service",
            catalogue or a_catalogue(),
            {NoteTaken: self.on_notes_taken},
            self.owner.fetch_missing,
        )

    async def on_notes_taken(self, tx: Transaction, run: Run) -> None:
        self.runs.append([taken.fact.text for taken in run])
        for taken in run:
            self.heard.append((tx, taken.envelope))
            await tx.connection.execute(text("insert into note (text) values (:text)"), {"text": taken.fact.text})
            if taken.fact.text in self.troubles:
                raise self.troubles[taken.fact.text]

    async def notes(self) -> list[str]:
        """What it wrote down, in the order of writing."""
        return [row["text"] for row in await as_admin(self.urls, "select text from note order by id")]

    async def parked(self) -> list[tuple[str, int]]:
        rows = await as_admin(
            self.urls, "select aggregate, sequence from parked where replayed_at is null order by aggregate, sequence"
        )
        return [(row["aggregate"], row["sequence"]) for row in rows]

    async def head(self, aggregate: str) -> int:
        rows = await as_admin(self.urls, "select sequence from inbox_head where aggregate = $1", aggregate)
        return int(rows[0]["sequence"]) if rows else 0


async def a_listener(urls: Urls, catalogue: Mapping[str, Declaration] | None = None) -> Listener:
    await as_admin(urls, "create table note (id bigint generated always as identity primary key, text text not null)")
    await as_admin(urls, "grant select, insert on note to kit_worker")
    return Listener(Database(urls.worker, application="listener"), urls, catalogue)


def new_aggregate() -> str:
    return str(clock.random_id())
