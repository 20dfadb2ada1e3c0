"""Storage: claims, as the fold of the facts on them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, or_, select, update

from services.kit.transaction import Transaction
from settlement_service.domain.claims import Claim
from settlement_service.storage.tables import claim, item


async def find_claim(tx: Transaction, contract_id: UUID, claim_id: UUID) -> Claim | None:
    """One claim of a contract."""
    query = select(claim).where(claim.c.contract_id == contract_id, claim.c.id == claim_id)
    row = (await tx.connection.execute(query)).one_or_none()
    return _claim(row) if row else None


async def add_claim(tx: Transaction, contract_id: UUID, new: Claim) -> None:
    """Keeps a claim that was reported."""
    row = {
        "id": new.id,
        "contract_id": contract_id,
        "metric": new.metric,
        "subject_id": new.subject_id,
        "occurrence": new.occurrence,
        "achieved_on": new.achieved_on,
        "units": new.units,
        "reported_by": new.reported_by,
        "order_key": new.order_key,
        **_changing(new),
    }
    await tx.connection.execute(insert(claim).values(row))


async def save_claim(tx: Transaction, changed: Claim) -> None:
    """Keeps what a fact made of a claim."""
    await tx.connection.execute(update(claim).where(claim.c.id == changed.id).values(_changing(changed)))


async def of_person(tx: Transaction, contract_id: UUID, subject_id: UUID, metric: str) -> list[Claim]:
    """All claims on one person and metric."""
    query = select(claim).where(
        claim.c.contract_id == contract_id, claim.c.subject_id == subject_id, claim.c.metric == metric
    )
    return _claims((await tx.connection.execute(query)).all())


async def of_contract(tx: Transaction, contract_id: UUID) -> list[Claim]:
    """All claims of a contract."""
    return _claims((await tx.connection.execute(select(claim).where(claim.c.contract_id == contract_id))).all())


async def that_give_reasons(tx: Transaction, contract_id: UUID) -> dict[UUID, Claim]:
    """The claims that can say why something is not due any more, by id: those that do not count, those that took
    their place, and those whose item is not payable."""
    not_payable = select(item.c.claim_id).where(item.c.contract_id == contract_id, item.c.reason.is_not(None))
    other = claim.alias("other")
    corrections = select(other.c.superseded_by).where(
        other.c.contract_id == contract_id, other.c.superseded_by.is_not(None)
    )
    wanted = or_(claim.c.state != "verified", claim.c.id.in_(not_payable), claim.c.id.in_(corrections))
    rows = (await tx.connection.execute(select(claim).where(claim.c.contract_id == contract_id, wanted))).all()
    return {one.id: one for one in _claims(rows)}


def _changing(this: Claim) -> dict[str, Any]:
    return {
        "state": this.state,
        "disputed": this.disputed,
        "decided_by": list(this.decided_by),
        "decided_at": this.decided_at,
        "superseded_by": this.superseded_by,
    }


def _claims(rows: Iterable[Row[Any]]) -> list[Claim]:
    return [_claim(row) for row in rows]


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        id=row.id,
        metric=row.metric,
        subject_id=row.subject_id,
        occurrence=row.occurrence,
        achieved_on=row.achieved_on,
        units=row.units,
        reported_by=row.reported_by,
        order_key=row.order_key,
        state=row.state,
        disputed=row.disputed,
        decided_by=tuple(row.decided_by),
        decided_at=row.decided_at,
        superseded_by=row.superseded_by,
    )
