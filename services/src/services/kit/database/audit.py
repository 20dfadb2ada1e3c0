"""Kit: who did what: one row a command, in the transaction of what it did."""

from collections.abc import Sequence

from sqlalchemy import insert

from services.kit.database.tables import audit
from services.kit.database.transaction import Transaction


async def note(tx: Transaction, operation: str, thing: str, outcome: str) -> None:
    """Keeps that the caller did `operation` on `thing` (its path) with `outcome`: `done`, or the code of a refusal."""
    await note_each(tx, [(operation, thing)], outcome)


async def note_each(tx: Transaction, done: Sequence[tuple[str, str]], outcome: str) -> None:
    """As `note`, for each operation and thing of one or more."""
    rows = [
        {
            "recorded_at": tx.now,
            "issuer": tx.caller.issuer,
            "subject": tx.caller.subject,
            "actor": tx.caller.actor,
            "organisation_id": tx.caller.organisation,
            "operation": operation,
            "object": thing,
            "outcome": outcome,
            "correlation_id": tx.correlation_id,
        }
        for operation, thing in done
    ]
    await tx.connection.execute(insert(audit), rows)
