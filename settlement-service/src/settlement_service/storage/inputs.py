"""Storage: the log of inputs: appended under the contract's lock, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select

from services.core.merkle import root_of
from services.kit.database.sets import column
from services.kit.database.transaction import Transaction
from services.kit.process import clock
from settlement_service.domain.facts.hashes import CHUNK, InputTree, input_leaf
from settlement_service.domain.facts.log import OWN_SOURCE, Input
from settlement_service.storage.tables import input as log
from settlement_service.storage.tables import input_chunk

SALT_BYTES = 16

_APPEND = """
with logged as (select coalesce(max(position), 0) as last from input where contract_id = $1)
insert into input (contract_id, position, source, sequence, part, type, scope, achieved_on, salt, body, leaf)
select $1, last + place, source, sequence, part, type, scope, achieved_on, salt, body, leaf
from logged, unnest($2::int[], string_to_array($3, E'\n'), $4::bigint[], string_to_array($5, E'\n'),
        string_to_array($6, E'\n'), $7::date[], $8::bytea[], $9::bytea[], $10::bytea[])
    with ordinality as new (part, source, sequence, type, scope, achieved_on, salt, body, leaf, place)
"""
"""The next position is found in the log itself. A counter in the contract's row would make a new version of the row for
each fact of a transaction, and each read of the row would pass by all of them."""


@dataclass(frozen=True, slots=True)
class NewInput:
    """An input that has just come: see `domain.facts.log.Input`. One on a claim has the day of the achievement: a payee
    until a day is given the inputs of what was achieved before it."""

    source: str
    sequence: int
    type: str
    scope: str
    body: bytes
    part: int = 0
    achieved_on: date | None = None


async def append(tx: Transaction, contract_id: UUID, new: Sequence[NewInput]) -> None:
    """Adds inputs that are on no claim at the end of a locked contract's log, in this order. Each has a salt of its
    own: from the hash of a leaf, which parties are shown in proofs, nobody can guess a body that it was not given."""
    if not new:
        return
    parts = [each.part for each in new]
    await tx.connection.exec_driver_sql(_APPEND, (contract_id, parts, *log_columns(new)))


def log_columns(new: Sequence[NewInput]) -> tuple[Any, ...]:
    """Inputs as they are written, column by column, each with a salt of its own and the leaf over it."""
    salts = [clock.random_bytes(SALT_BYTES) for _ in new]
    return (
        column([each.source for each in new]),
        [each.sequence for each in new],
        column([each.type for each in new]),
        column([each.scope for each in new]),
        [each.achieved_on for each in new],
        salts,
        [each.body for each in new],
        [input_leaf(salt, each.body) for salt, each in zip(salts, new, strict=True)],
    )


async def count_inputs(tx: Transaction, contract_id: UUID) -> int:
    """How many inputs a contract has."""
    last = select(func.coalesce(func.max(log.c.position), 0)).where(log.c.contract_id == contract_id)
    return int((await tx.connection.execute(last)).scalar_one())


async def leaves(tx: Transaction, contract_id: UUID, count: int | None = None) -> list[bytes]:
    """The leaves of the first `count` inputs, or of all there are."""
    query = select(log.c.leaf).where(log.c.contract_id == contract_id)
    if count is not None:
        query = query.where(log.c.position <= count)
    return [bytes(leaf) for leaf in (await tx.connection.execute(query.order_by(log.c.position))).scalars()]


async def tree_of_all(tx: Transaction, contract_id: UUID, terms_root: str) -> InputTree:
    """The root over the terms' leaf and all inputs there are: from the roots of complete chunks, and the leaves that
    have come since."""
    await keep_roots(tx, contract_id)
    query = select(input_chunk.c.root).where(input_chunk.c.contract_id == contract_id).order_by(input_chunk.c.number)
    kept = [bytes(root) for root in (await tx.connection.execute(query)).scalars()]
    # The first chunk begins with the leaf of the terms, which an amendment changes: so its root is not kept.
    first = await _leaves_from(tx, contract_id, 1, CHUNK - 1)
    more = await _leaves_from(tx, contract_id, CHUNK * (1 + len(kept)), CHUNK)
    return InputTree(terms_root, first, kept, more)


async def keep_roots(tx: Transaction, contract_id: UUID) -> None:
    """Keeps the roots of chunks of a locked contract's tree that have become complete: they never change. One chunk at
    a time is in memory. Only the background process has the right to."""
    last = select(func.max(input_chunk.c.number)).where(input_chunk.c.contract_id == contract_id)
    number = ((await tx.connection.execute(last)).scalar_one() or 0) + 1
    while len(chunk := await _leaves_from(tx, contract_id, CHUNK * number, CHUNK)) == CHUNK:
        row = {"contract_id": contract_id, "number": number, "root": root_of(chunk)}
        await tx.connection.execute(insert(input_chunk), row)
        number += 1


async def keep_roots_between(tx: Transaction, contract_id: UUID, first: int, last: int) -> None:
    """As `keep_roots`, when the inputs from position `first` to `last`, which have just come, complete a part."""
    if first // CHUNK != (last + 1) // CHUNK:
        await keep_roots(tx, contract_id)


async def _leaves_from(tx: Transaction, contract_id: UUID, first: int, most: int) -> list[bytes]:
    query = select(log.c.leaf).where(log.c.contract_id == contract_id, log.c.position.between(first, first + most - 1))
    return [bytes(leaf) for leaf in (await tx.connection.execute(query.order_by(log.c.position))).scalars()]


async def page(
    tx: Transaction, contract_id: UUID, count: int, after: int, limit: int, given: Mapping[str, date | None] | None
) -> list[Input]:
    """Up to `limit` of the first `count` inputs, from the one after position `after` on. `given` are the scopes of
    which inputs are given, each up to a day or (None) to the end; None for all inputs."""
    query = select(log).where(log.c.contract_id == contract_id, log.c.position > after, log.c.position <= count)
    if given is not None:
        without_end = log.c.scope.in_([scope for scope, before in given.items() if before is None])
        ended = [(log.c.scope == scope) & (log.c.achieved_on < day) for scope, day in given.items() if day]
        query = query.where(or_(without_end, *ended))
    rows = (await tx.connection.execute(query.order_by(log.c.position).limit(limit))).all()
    return [
        Input(
            position=row.position,
            source=row.source,
            sequence=row.sequence,
            part=row.part,
            type=row.type,
            scope=row.scope,
            salt=bytes(row.salt),
            body=bytes(row.body),
            leaf=bytes(row.leaf),
        )
        for row in rows
    ]


async def own_last(tx: Transaction, contract_id: UUID) -> int:
    """The last of the service's own sequences that stands in the log; 0 if none does."""
    query = select(func.max(log.c.sequence)).where(log.c.contract_id == contract_id, log.c.source == OWN_SOURCE)
    return (await tx.connection.execute(query)).scalar_one() or 0
