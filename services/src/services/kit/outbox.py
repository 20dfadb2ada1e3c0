"""Kit: facts out. `tell` keeps them in the transaction of the change; the relay carries them to the bus."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from services.events.envelope import Declaration
from services.kit import clock, shapes
from services.kit.tables import fact, fact_head, fact_unpublished
from services.kit.transaction import Transaction


async def tell(tx: Transaction, aggregate: object, facts: Sequence[Any]) -> int:
    """Keeps `facts` in order as the next of this aggregate; returns the last sequence given. The aggregate's own
    row must be locked already, so that the order of facts is the order of commits."""
    if not facts:
        return 0
    last = await take_sequences(tx, aggregate, len(facts))
    rows = [
        {
            "event_id": clock.new_id(),
            "type": declaration_of(said).type,
            "aggregate": str(aggregate),
            "sequence": last - len(facts) + place,
            "recorded_at": tx.now,
            "correlation_id": tx.correlation_id,
            "body": shapes.document(said),
        }
        for place, said in enumerate(facts, start=1)
    ]
    ids = (
        (await tx.connection.execute(insert(fact).returning(fact.c.id, sort_by_parameter_order=True), rows))
        .scalars()
        .all()
    )
    await tx.connection.execute(insert(fact_unpublished), [{"fact_id": id_} for id_ in ids])
    return last


async def take_sequences(tx: Transaction, aggregate: object, count: int) -> int:
    """Takes the next `count` sequence numbers of an aggregate; returns the last of them."""
    statement = upsert(fact_head).values(aggregate=str(aggregate), sequence=count)
    statement = statement.on_conflict_do_update(
        index_elements=[fact_head.c.aggregate], set_={"sequence": fact_head.c.sequence + count}
    )
    return int((await tx.connection.execute(statement.returning(fact_head.c.sequence))).scalar_one())


def declaration_of(said: Any) -> Declaration:
    """The catalogue's row of a fact."""
    declaration: Declaration = type(said).declaration
    return declaration
