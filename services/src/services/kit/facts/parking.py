"""Kit: facts set aside because they could not be taken: their raw bytes are kept, and can be taken again in order."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.events.envelope import Envelope
from services.kit.bus.interface import Headers, Record
from services.kit.database.database import Database
from services.kit.database.tables import parked
from services.kit.process import clock

UNREADABLE = "urn:enzym:unreadable"
"""The source under which a record stands that does not say its own: its aggregate is `topic/partition`, its
sequence the offset."""


async def park(connection: AsyncConnection, record: Record, envelope: Envelope | None, reason: str) -> None:
    """Sets a record aside, once. `envelope` is None for a record that cannot be read as an event. `reason` is for
    people, and never holds what was sent."""
    row = {
        "source": envelope.source if envelope else UNREADABLE,
        "aggregate": envelope.aggregate if envelope else f"{record.topic}/{record.partition}",
        "sequence": envelope.sequence if envelope else record.offset,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "headers": {"key": _kept(record.key), "headers": [[_kept(n.encode()), _kept(v)] for n, v in record.headers]},
        "value": record.value,
        "reason": reason,
        "parked_at": clock.now(),
    }
    await connection.execute(insert(parked).values(row).on_conflict_do_nothing())


async def replay(
    database: Database,
    take: Callable[[Sequence[Record], int], Awaitable[None]],
    organisation: str,
    source: str,
    aggregate: str,
) -> int:
    """Takes again, in order, what is parked of one (source, aggregate), by `Inbox.take`, each in a transaction of
    its own; returns how many. What arrives meanwhile is parked behind them and taken too. `organisation` is the
    service's own (`service:<name>`). Errors: those of `take`, at the first that still cannot be taken: it and all
    later ones stay parked."""
    taken = 0
    next_one = (
        select(parked)
        .where(parked.c.source == source, parked.c.aggregate == aggregate, parked.c.replayed_at.is_(None))
        .order_by(parked.c.sequence)
        .limit(1)
    )
    while True:
        async with database.transaction(organisation) as connection:
            row = (await connection.execute(next_one)).one_or_none()
        if row is None:
            return taken
        await take([_record(row)], row.id)
        taken += 1


async def mark_replayed(connection: AsyncConnection, parked_id: int) -> None:
    """Notes, in the transaction that took it, that a parked record is done with."""
    await connection.execute(update(parked).where(parked.c.id == parked_id).values(replayed_at=clock.now()))


def _record(row: Any) -> Record:
    key: Any = row.headers["key"]
    headers: Headers = [(_bytes(name).decode(), _bytes(value)) for name, value in row.headers["headers"]]
    return Record(
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        key=None if key is None else _bytes(key),
        headers=tuple(headers),
        value=row.value,
    )


def _kept(raw: bytes | None) -> Any:
    """Text where it is text, so that people can read it; else the bytes in base64."""
    if raw is None:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = "\x00"
    return {"base64": base64.b64encode(raw).decode()} if "\x00" in text else text


def _bytes(kept: Any) -> bytes:
    return kept.encode() if isinstance(kept, str) else base64.b64decode(kept["base64"])
