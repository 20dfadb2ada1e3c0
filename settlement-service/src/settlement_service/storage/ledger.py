"""Storage: the ledger: approvals, entries with their postings, payments. They are only added to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select

from services.kit.database.transaction import Transaction
from settlement_service.domain.ledger.approval import Approval
from settlement_service.domain.ledger.lifecycle import Person, Settlement
from settlement_service.domain.ledger.payments import Confirmed, Payment
from settlement_service.domain.ledger.postings import Entry, Side
from settlement_service.storage.contracts import of_shown
from settlement_service.storage.tables import approval, entry, payment, posting


async def add_approval(tx: Transaction, settlement: Settlement, by: Person, content_sha256: str) -> None:
    """Keeps that a person approved."""
    row = {
        "settlement_id": settlement.id,
        "contract_id": settlement.contract_id,
        "organisation_id": by.organisation,
        "issuer": by.issuer,
        "subject": by.subject,
        "content_sha256": content_sha256,
        "approved_at": tx.now,
    }
    await tx.connection.execute(insert(approval).values(row))


async def approvals_of(tx: Transaction, settlement_id: UUID) -> list[Approval]:
    """The approvals of a settlement, in the order in which they came."""
    query = select(approval).where(approval.c.settlement_id == settlement_id).order_by(approval.c.approved_at)
    rows = (await tx.connection.execute(query)).all()
    return [Approval(Person(row.issuer, row.subject, row.organisation_id, "person"), row.approved_at) for row in rows]


async def add_entry(tx: Transaction, new: Entry) -> None:
    """Keeps an entry with its postings, which sum to zero."""
    names = ("id", "contract_id", "settlement_id", "kind", "currency", "document_on", "accounting_on", "value_on")
    row = {name: getattr(new, name) for name in (*names, "recorded_at", "reverses")}
    await tx.connection.execute(insert(entry).values(row))
    place = {"entry_id": new.id, "contract_id": new.contract_id, "settlement_id": new.settlement_id}
    rows = [{**place, "number": n, **_side_row(side)} for n, side in enumerate(new.sides, start=1)]
    if rows:
        await tx.connection.execute(insert(posting), rows)


async def list_entries(tx: Transaction, contract_id: UUID | None, after: UUID | None, limit: int) -> list[Entry]:
    """Up to `limit` entries that concern the caller, the oldest first, from the one after `after` on; of one
    contract, or of all. Postings on others' accounts are left out for who is no payer."""
    query = (
        select(entry).where(*of_shown(tx, entry.c.contract_id, entry.c.settlement_id)).order_by(entry.c.id).limit(limit)
    )
    if contract_id is not None:
        query = query.where(entry.c.contract_id == contract_id)
    if after is not None:
        query = query.where(entry.c.id > after)
    rows = (await tx.connection.execute(query)).all()
    sides = await _sides(tx, [row.id for row in rows])
    return [_entry(row, tuple(sides.get(row.id, ()))) for row in rows]


async def balances_of(tx: Transaction, settlement_id: UUID, account: str) -> dict[str, int]:
    """The balances of the accounts `payee/{org}/<account>` of a settlement, in minor units by payee, as far as the
    caller may see them."""
    query = (
        select(posting.c.organisation_id, func.sum(posting.c.amount_minor).label("minor"))
        .where(posting.c.settlement_id == settlement_id, posting.c.account.like(f"payee/%/{account}"))
        .group_by(posting.c.organisation_id)
        .order_by(posting.c.organisation_id)
    )
    return {row.organisation_id: int(row.minor) for row in (await tx.connection.execute(query)).all()}


async def add_payment(
    tx: Transaction, settlement: Settlement, payment_id: UUID, made: Payment, entry_id: UUID | None
) -> None:
    """Keeps a confirmation."""
    row = {
        "id": payment_id,
        "settlement_id": settlement.id,
        "contract_id": settlement.contract_id,
        "payer": made.payer,
        "payee": made.payee,
        "reference": made.reference,
        "outcome": made.outcome,
        "amount_minor": made.minor,
        "paid_on": made.paid_on,
        "entry_id": entry_id,
        "issuer": tx.caller.issuer,
        "subject": tx.caller.subject,
        "recorded_at": tx.now,
    }
    await tx.connection.execute(insert(payment).values(row))


async def payments_of(tx: Transaction, settlement_id: UUID) -> list[Confirmed]:
    """The confirmations on a settlement, in the order in which they came."""
    query = (
        select(payment).where(payment.c.settlement_id == settlement_id).order_by(payment.c.recorded_at, payment.c.id)
    )
    return [_confirmed(row) for row in (await tx.connection.execute(query)).all()]


async def payments_under(tx: Transaction, contract_id: UUID, payer: str, reference: str) -> list[Confirmed]:
    """The confirmations of a payer under a reference on a contract, in the order in which they came."""
    query = select(payment).where(
        payment.c.contract_id == contract_id, payment.c.payer == payer, payment.c.reference == reference
    )
    query = query.order_by(payment.c.recorded_at, payment.c.id)
    return [_confirmed(row) for row in (await tx.connection.execute(query)).all()]


def _side_row(side: Side) -> dict[str, Any]:
    return {"account": side.account, "organisation_id": side.organisation, "amount_minor": side.minor}


async def _sides(tx: Transaction, entries: Sequence[UUID]) -> dict[UUID, list[Side]]:
    query = select(posting).where(posting.c.entry_id.in_(entries)).order_by(posting.c.entry_id, posting.c.number)
    sides: dict[UUID, list[Side]] = {}
    for row in (await tx.connection.execute(query)).all():
        sides.setdefault(row.entry_id, []).append(Side(row.account, row.organisation_id, row.amount_minor))
    return sides


def _entry(row: Row[Any], sides: tuple[Side, ...]) -> Entry:
    return Entry(
        id=row.id,
        contract_id=row.contract_id,
        settlement_id=row.settlement_id,
        kind=row.kind,
        currency=row.currency,
        document_on=row.document_on,
        accounting_on=row.accounting_on,
        value_on=row.value_on,
        recorded_at=row.recorded_at,
        sides=sides,
        reverses=row.reverses,
    )


def _confirmed(row: Row[Any]) -> Confirmed:
    made = Payment(row.payer, row.payee, row.reference, row.paid_on, row.amount_minor, row.outcome)
    return Confirmed(made, row.settlement_id, row.recorded_at, row.entry_id)
