"""Storage: the lines of a settlement, and its statement as each party is shown it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select

from services.core.canonical import canonical
from services.core.strict_json import loads
from services.kit.database.transaction import Transaction
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.ledger.postings import Pair
from settlement_service.domain.statement.projection import Projection
from settlement_service.domain.statement.statement import Line
from settlement_service.storage.contracts import own_question
from settlement_service.storage.figures import figures_row
from settlement_service.storage.tables import settlement_line, statement


async def add_statement(
    tx: Transaction, settlement: Settlement, lines: Sequence[Line], shown: Sequence[Projection]
) -> None:
    """Keeps the lines of a settlement, and its statement as each party is shown it: byte by byte, as its hash is
    over."""
    place = {"settlement_id": settlement.id, "contract_id": settlement.contract_id}
    if lines:
        rows = [{**place, "number": number, **_line_row(line)} for number, line in enumerate(lines, start=1)]
        await tx.connection.execute(insert(settlement_line), rows)
    await tx.connection.execute(insert(statement), [{**place, **_projection_row(each)} for each in shown])


async def find_projection(tx: Transaction, settlement_id: UUID) -> Projection | None:
    """What the caller's organisation is shown of a settlement, once it is calculated."""
    return (await find_projections(tx, [settlement_id])).get(settlement_id)


async def find_projections(tx: Transaction, settlement_ids: Sequence[UUID]) -> dict[UUID, Projection]:
    """What the caller's organisation is shown of settlements, by settlement."""
    query = select(statement).where(
        statement.c.settlement_id.in_(settlement_ids), statement.c.organisation_id == tx.caller.organisation
    )
    return {row.settlement_id: _projection(row) for row in (await tx.connection.execute(query)).all()}


async def parties_shown(tx: Transaction, settlement_id: UUID) -> frozenset[str]:
    """The parties that are shown a calculated settlement. Each sees only its own row, so the service reads as
    itself."""
    query = select(statement.c.organisation_id).where(statement.c.settlement_id == settlement_id)
    async with own_question(tx):
        organisations = await tx.connection.execute(query)
    return frozenset(organisations.scalars())


async def shares_of(tx: Transaction, settlement_id: UUID) -> dict[Pair, int]:
    """What each payer owes each payee by a settlement, in minor units, by payee and then payer."""
    line = settlement_line.c
    query = select(line.payee, line.shares).where(line.settlement_id == settlement_id).order_by(line.number)
    owed: Counter[Pair] = Counter()
    for row in (await tx.connection.execute(query)).all():
        for payer, minor in row.shares.items():
            owed[payer, row.payee] += minor
    return dict(sorted(owed.items(), key=lambda share: (share[0][1], share[0][0])))


def _line_row(line: Line) -> dict[str, Any]:
    return {
        "rule": line.rule,
        "kind": line.kind,
        "price_minor": line.price_minor,
        "payee": line.payee,
        "nature": line.nature,
        "people": line.people_count,
        **figures_row(line.figures),
        "shares": dict(line.shares),
        "amount_minor": line.figures.amount_minor,
    }


def _projection_row(shown: Projection) -> dict[str, Any]:
    return {
        "organisation_id": shown.organisation,
        "content": canonical(shown.content),
        "content_sha256": shown.content_sha256,
        "previously_minor": shown.previously_minor,
        "total_minor": shown.total_minor,
    }


def _projection(row: Row[Any]) -> Projection:
    return Projection(
        organisation=row.organisation_id,
        content=loads(bytes(row.content)),
        content_sha256=row.content_sha256,
        previously_minor=row.previously_minor,
        total_minor=row.total_minor,
    )
