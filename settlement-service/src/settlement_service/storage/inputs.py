"""Storage: the log of inputs: appended under the contract's lock, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select

from services.kit import clock
from services.kit.transaction import Transaction
from settlement_service.domain.hashes import CHUNK, WholeTree, input_leaf
from settlement_service.domain.inputs import OWN_SOURCE, Input
from settlement_service.storage.tables import input as log
from settlement_service.storage.tables import input_chunk

SALT_BYTES = 16

_APPEND = """
with logged as (select coalesce(max(position), 0) as last from input where contract_id = $1)
insert into input (contract_id, position, source, sequence, part, type, scope, salt, body, leaf)
select $1, last + place, source, sequence, part, type, scope, salt, body, leaf
from logged, unnest($2::text[], $3::bigint[], $4::int[], $5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[])
    with ordinality as new (source, sequence, part, type, scope, salt, body, leaf, place)
"""
"""The next position is found in the log itself: a counter in the contract's row would be written anew for every fact
of a transaction, and every look at the row would pass by all that it was."""


@dataclass(frozen=True, slots=True)
class NewInput:
    """An input that has just come: see `domain.inputs.Input`."""

    source: str
    sequence: int
    type: str
    scope: str
    body: bytes
    part: int = 0


async def append(tx: Transaction, contract_id: UUID, new: Sequence[NewInput]) -> None:
    """Adds inputs at the end of a locked contract's log, in this order, each with a salt of its own."""
    if not new:
        return
    salts = [clock.random_bytes(SALT_BYTES) for _ in new]
    await tx.connection.exec_driver_sql(
        _APPEND,
        (
            contract_id,
            [one.source for one in new],
            [one.sequence for one in new],
            [one.part for one in new],
            [one.type for one in new],
            [one.scope for one in new],
            salts,
            [one.body for one in new],
            [input_leaf(salt, one.body) for salt, one in zip(salts, new, strict=True)],
        ),
    )


async def leaves(tx: Transaction, contract_id: UUID, count: int | None = None) -> list[bytes]:
    """The leaves of the first `count` inputs, or of all there are."""
    query = select(log.c.leaf).where(log.c.contract_id == contract_id)
    if count is not None:
        query = query.where(log.c.position <= count)
    return [bytes(leaf) for leaf in (await tx.connection.execute(query.order_by(log.c.position))).scalars()]


async def tree_of_all(tx: Transaction, contract_id: UUID, terms_root: str) -> WholeTree:
    """The root over the terms' leaf and all inputs there are. Complete parts of the tree never change: their roots are
    kept as soon as they were needed once, and what is hashed is what has come since."""
    query = select(input_chunk.c.number, input_chunk.c.root).where(input_chunk.c.contract_id == contract_id)
    kept = [bytes(row.root) for row in (await tx.connection.execute(query.order_by(input_chunk.c.number))).all()]
    first = select(log.c.leaf).where(log.c.contract_id == contract_id, log.c.position < CHUNK)
    rest = select(log.c.leaf).where(log.c.contract_id == contract_id, log.c.position >= CHUNK * (1 + len(kept)))
    begun, more = [
        [bytes(leaf) for leaf in (await tx.connection.execute(one.order_by(log.c.position))).scalars()]
        for one in (first, rest)
    ]
    tree = WholeTree(terms_root, begun, kept, more)
    new = [
        {"contract_id": contract_id, "number": number, "root": root}
        for number, root in enumerate(tree.completed, start=len(kept) + 1)
    ]
    if new:
        await tx.connection.execute(insert(input_chunk), new)
    return tree


async def page(
    tx: Transaction, contract_id: UUID, count: int, after: int, limit: int, scopes: Sequence[str] | None
) -> list[Input]:
    """Up to `limit` of the first `count` inputs, from the one after position `after` on; those of `scopes`, or all."""
    query = select(log).where(log.c.contract_id == contract_id, log.c.position > after, log.c.position <= count)
    if scopes is not None:
        query = query.where(log.c.scope.in_(scopes))
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
