"""Kit: facts in: each is taken once and in the sequence of its (source, aggregate), or not at all."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.contextvars import bound_contextvars

from services.core.errors import Broken
from services.events.envelope import Declaration, Envelope
from services.kit.bus.binary import EventNotReadable, envelope_of
from services.kit.bus.interface import Record
from services.kit.database.database import Database
from services.kit.database.sets import column
from services.kit.database.tables import inbox
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from services.kit.facts.owners import FetchMissing
from services.kit.facts.parking import mark_replayed, park
from services.kit.process import clock
from services.kit.process.caller import Caller

T = TypeVar("T")
Key: TypeAlias = tuple[str, str]
"""(source, aggregate)"""
Place: TypeAlias = tuple[str, str, int]
"""(source, aggregate, sequence)"""

BEHIND_A_PARKED_ONE = "an earlier fact of this source and aggregate is parked"


@dataclass(frozen=True, slots=True)
class Taken(Generic[T]):
    """A fact in the hands of its handler, with the envelope that it came in."""

    envelope: Envelope
    fact: T


Run: TypeAlias = Sequence[Taken[Any]]
"""Facts of one aggregate that came together, in their order."""
Handler: TypeAlias = Callable[[Transaction, Run], Awaitable[None]]
"""What a run is handed to. Any cutting of facts into runs must leave the same behind."""


def each(handle: Callable[[Transaction, T], Awaitable[None]]) -> Handler:
    """The handler that takes the facts of a run one after the other, each on behalf of its own correlation."""

    async def handle_run(tx: Transaction, run: Run) -> None:
        for taken in run:
            correlation_id = taken.envelope.correlation_id
            with bound_contextvars(correlation_id=str(correlation_id)):
                await handle(replace(tx, correlation_id=correlation_id), taken.fact)

    return handle_run


class EventChanged(Broken):
    """A sequence that was taken already, now with another id or body."""

    code = "event-changed"


class SourceNotDeclared(Broken):
    """A fact of a type that another service says."""

    code = "source-not-declared"


class GapNotFilled(Broken):
    """Facts between the last one taken and this one that their owner does not have either."""

    code = "gap-not-filled"


class _Gap(Exception):
    """Not to be taken yet: what comes before it is missing here."""

    def __init__(self, envelope: Envelope, first: int) -> None:
        super().__init__()
        self.key: Key = (envelope.source, envelope.aggregate)
        self.first = first
        self.until = envelope.sequence


@dataclass(slots=True)
class _BatchState:
    """How far the aggregates of one batch have come, within the transaction that holds their locks."""

    connection: AsyncConnection
    now: datetime
    replaying: bool
    last: dict[Key, int]
    parked: set[Key]
    taken: dict[Place, tuple[UUID, bytes]] = field(default_factory=dict)
    to_handle: dict[str, list[tuple[Handler, Taken[Any]]]] = field(default_factory=dict)

    def holds_back(self, key: Key) -> bool:
        """Whether nothing new of this aggregate goes in, because an earlier fact is parked."""
        return key in self.parked and not self.replaying


class Inbox:
    """One service's memory of what it was told. A handler runs in the transaction that keeps the memory of it, and
    must lean on nothing else than that transaction; a type without one is only remembered. What comes together of one
    aggregate is handed over as a run, as far as one handler takes it.

    `service` is the name (`settlement-service`); `handlers` are by the shape of the fact; `heartbeat` is called for
    every fact."""

    def __init__(
        self,
        database: Database,
        service: str,
        catalogue: Mapping[str, Declaration],
        handlers: Mapping[type[Any], Handler],
        fetch_missing: FetchMissing,
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._handlers = handlers
        self._fetch_missing = fetch_missing
        self._heartbeat = heartbeat
        self._caller = Caller(
            issuer=f"urn:enzym:{service}",
            subject=f"service:{service}",
            organisation=f"service:{service}",
            permissions=frozenset(),
            actor="system",
            client="",
        )

    async def take(self, records: Sequence[Record], replayed: int | None = None) -> None:
        """Takes all of these in one transaction, or none; what was taken before is skipped, and what is missing
        before one of them is fetched from its owner and taken first. A fact behind a parked one is parked too.
        `replayed` is the id of the parked row that the one record comes from. Errors: those of the handlers and of
        fetching, `DatabaseUnavailable`, `OutcomeUnknown`, and `Broken` for what can never be taken as it is."""
        messages = [(envelope_of(record), record) for record in records]
        fetched: dict[Place, Envelope] = {}

        async def work(connection: AsyncConnection) -> None:
            state = await _open(connection, [envelope for envelope, _ in messages], replaying=replayed is not None)
            for envelope, record in messages:
                await self._fill(state, envelope, fetched)
                await self._take_one(state, envelope, record)
            await self._handle_runs(state)
            if state.taken:
                await _close(state)
            if replayed is not None:
                await mark_replayed(connection, replayed)

        while True:
            try:
                return await self._database.run(work, self._caller.organisation)
            except _Gap as gap:
                fetched.update({_place(envelope): envelope for envelope in await self._missing(gap)})

    async def set_aside(self, record: Record, reason: str) -> None:
        """Parks a record that could not be taken; later ones of its source and aggregate will follow it."""
        try:
            envelope = envelope_of(record)
        except EventNotReadable:
            envelope = None
        await self._database.run(
            lambda connection: park(connection, record, envelope, reason), self._caller.organisation
        )

    async def _fill(self, state: _BatchState, envelope: Envelope, fetched: Mapping[Place, Envelope]) -> None:
        """Takes what was fetched of what is missing before `envelope`."""
        key = (envelope.source, envelope.aggregate)
        while state.last[key] + 1 < envelope.sequence and not state.holds_back(key):
            missing = fetched.get((*key, state.last[key] + 1))
            if missing is None:
                raise _Gap(envelope, state.last[key] + 1)
            await self._take_next(state, missing)

    async def _take_one(self, state: _BatchState, envelope: Envelope, record: Record) -> None:
        key = (envelope.source, envelope.aggregate)
        if envelope.sequence <= state.last[key]:
            await _check_same(state, envelope)
        elif state.holds_back(key):
            await park(state.connection, record, envelope, BEHIND_A_PARKED_ONE)
        else:
            await self._take_next(state, envelope)

    async def _take_next(self, state: _BatchState, envelope: Envelope) -> None:
        self._heartbeat()
        self._hand_over(state, envelope)
        state.last[(envelope.source, envelope.aggregate)] = envelope.sequence
        state.taken[_place(envelope)] = (envelope.id, _fingerprint(envelope))

    def _hand_over(self, state: _BatchState, envelope: Envelope) -> None:
        declaration = self._catalogue.get(envelope.type)
        if declaration is None:
            return
        if declaration.source != envelope.source:
            raise SourceNotDeclared("This type of fact is said by another service.")
        handler = self._handlers.get(declaration.shape)
        if handler is None:
            return
        fact = shapes.read_trusted(declaration.shape, envelope.body)
        state.to_handle.setdefault(envelope.aggregate, []).append((handler, Taken(envelope, fact)))

    async def _handle_runs(self, state: _BatchState) -> None:
        """Hands over what was taken, aggregate by aggregate."""
        for of_aggregate in state.to_handle.values():
            for handler, pairs in groupby(of_aggregate, key=lambda pair: pair[0]):
                self._heartbeat()
                run = [taken for _, taken in pairs]
                correlation_id = run[0].envelope.correlation_id
                with bound_contextvars(correlation_id=str(correlation_id)):
                    await handler(Transaction(state.connection, self._caller, state.now, correlation_id), run)

    async def _missing(self, gap: _Gap) -> list[Envelope]:
        """The facts from the first missing one on, as far as the owner gives them in one answer."""
        answer = await self._fetch_missing(*gap.key, gap.first)
        wanted = [envelope for envelope in answer if envelope.sequence < gap.until]
        for place, envelope in enumerate(wanted):
            if _place(envelope) != (*gap.key, gap.first + place):
                raise GapNotFilled("The owner's answer has a gap of its own.")
        if not wanted:
            raise GapNotFilled("What comes before this fact is missing, and its owner does not have it.")
        return wanted


async def _open(connection: AsyncConnection, envelopes: Sequence[Envelope], *, replaying: bool) -> _BatchState:
    """Locks the aggregates, always in one order, and reads how far each has come."""
    keys = sorted({(envelope.source, envelope.aggregate) for envelope in envelopes})
    named = {"sources": [source for source, _ in keys], "aggregates": [aggregate for _, aggregate in keys]}
    await connection.execute(_LOCK, named)
    rows = (await connection.execute(_STATE, named)).all()
    return _BatchState(
        connection=connection,
        now=clock.now(),
        replaying=replaying,
        last={(row.source, row.aggregate): row.sequence for row in rows},
        parked={(row.source, row.aggregate) for row in rows if row.is_parked},
    )


async def _close(state: _BatchState) -> None:
    """Keeps the memory of what was taken: one statement, however much it is."""
    sources, aggregates, sequences = zip(*state.taken, strict=True)
    keys = sorted(set(zip(sources, aggregates, strict=True)))
    taken = column(sources), column(aggregates), sequences, *zip(*state.taken.values(), strict=True), state.now
    heads = *map(column, zip(*keys, strict=True)), [state.last[key] for key in keys]
    await state.connection.exec_driver_sql(_REMEMBER, (*taken, *heads))


async def _check_same(state: _BatchState, envelope: Envelope) -> None:
    place = _place(envelope)
    before = state.taken.get(place)
    if before is None:
        row = (await state.connection.execute(_REMEMBERED, dict(zip(_PLACE, place, strict=True)))).one()
        before = (row.event_id, bytes(row.sha256))
    if before != (envelope.id, _fingerprint(envelope)):
        raise EventChanged("This sequence was taken already, with another id or body.")


def _place(envelope: Envelope) -> Place:
    return envelope.source, envelope.aggregate, envelope.sequence


def _fingerprint(envelope: Envelope) -> bytes:
    return hashlib.sha256(envelope.body).digest()


_PLACE = ("source", "aggregate", "sequence")
_LOCK = text("""
select pg_advisory_xact_lock(place) from (
    select distinct hashtextextended(source || ' ' || aggregate, 0) as place
    from unnest(cast(:sources as text[]), cast(:aggregates as text[])) as wanted (source, aggregate) order by place
) places
""")
_STATE = text("""
select source, aggregate, coalesce(inbox_head.sequence, 0) as sequence, exists (
    select from parked
    where parked.source = wanted.source and parked.aggregate = wanted.aggregate and parked.replayed_at is null
) as is_parked
from unnest(cast(:sources as text[]), cast(:aggregates as text[])) as wanted (source, aggregate)
left join inbox_head using (source, aggregate)
""")
_REMEMBER = """
with remembered as (
    insert into inbox (source, aggregate, sequence, event_id, sha256, received_at)
    select taken.*, $6 from unnest(string_to_array($1, E'\\n'), string_to_array($2, E'\\n'),
        $3::bigint[], $4::uuid[], $5::bytea[]) taken
)
insert into inbox_head (source, aggregate, sequence)
select * from unnest(string_to_array($7, E'\\n'), string_to_array($8, E'\\n'), $9::bigint[])
on conflict (source, aggregate) do update set sequence = excluded.sequence
"""
_REMEMBERED = select(inbox.c.event_id, inbox.c.sha256).where(*(inbox.c[name] == text(f":{name}") for name in _PLACE))
