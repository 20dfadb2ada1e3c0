"""Kit: facts out. `tell` keeps them in the transaction of the change; the relay carries them to the bus."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert as upsert

from services.events.envelope import Declaration
from services.kit.database.sets import column
from services.kit.database.tables import fact_head
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from services.kit.process import clock

_KEEP = """
with said as materialized (
    select nextval('fact_id_seq') as id, type, body, place
    from unnest(string_to_array($1, E'\\n'), string_to_array($2, E'\\n')) with ordinality as said (type, body, place)
), kept as (
    insert into fact (id, event_id, type, aggregate, sequence, recorded_at, correlation_id, body)
    overriding system value
    select id, ($7::text || lpad(to_hex($8::bigint + place), 12, '0'))::uuid, type, $3::text, $4::bigint + place,
           $5::timestamptz, $6::uuid, body::json
    from said
)
insert into fact_unpublished (fact_id) select id from said
"""
"""One statement however many facts. Event ids are counted on from a random one: strong randomness for each costs more
than the row. Ids are taken in order, and not given back by RETURNING: clients may not read
facts, and row level security would see that as reading."""


async def tell(tx: Transaction, aggregate: object, facts: Sequence[Any]) -> int:
    """Keeps `facts` in order as the next of this aggregate, one or thousands; returns the last sequence given. The
    aggregate's own row must be locked already, so that the order of facts is the order of commits."""
    if not facts:
        return 0
    last = await take_sequences(tx, aggregate, len(facts))
    types = column([declaration_of(fact).type for fact in facts])
    bodies = column([shapes.text(fact).decode() for fact in facts])
    first = str(clock.new_ids(1)[0])
    place = last - len(facts)
    values = (types, bodies, str(aggregate), place, tx.now, tx.correlation_id, first[:24], int(first[24:], 16))
    await tx.connection.exec_driver_sql(_KEEP, values)
    return last


async def take_sequences(tx: Transaction, aggregate: object, count: int) -> int:
    """Takes the next `count` sequence numbers of an aggregate; returns the last of them."""
    statement = upsert(fact_head).values(aggregate=str(aggregate), sequence=count)
    statement = statement.on_conflict_do_update(
        index_elements=[fact_head.c.aggregate], set_={"sequence": fact_head.c.sequence + count}
    )
    return int((await tx.connection.execute(statement.returning(fact_head.c.sequence))).scalar_one())


def declaration_of(fact: Any) -> Declaration:
    """The catalogue's row of a fact."""
    declaration: Declaration = type(fact).declaration
    return declaration
