"""Storage: what open subjects have accrued, kept as facts arrive, for settlements to refer to."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update

from services.kit.database.sets import among
from services.kit.database.transaction import Transaction
from settlement_service.domain.settling.accruals import Accrual
from settlement_service.domain.settling.sealing import Sealed
from settlement_service.storage.figures import figures_row
from settlement_service.storage.inputs import count_inputs
from settlement_service.storage.item_tables import accrual, accrued_item
from settlement_service.storage.settled_items import item_row
from settlement_service.storage.tables import contract, open_subject

_CHANGED = open_subject.c.accrued_inputs < open_subject.c.position


async def contracts_with_changes(tx: Transaction) -> list[UUID]:
    """Contracts with subjects of whom something has come since what they have accrued was kept."""
    query = select(open_subject.c.contract_id).where(_CHANGED).distinct()
    return list((await tx.connection.execute(query)).scalars())


async def changed_subjects(tx: Transaction, contract_id: UUID, limit: int) -> list[UUID]:
    """Up to `limit` subjects of a contract of whom something has come since."""
    mine = (open_subject.c.contract_id == contract_id) & _CHANGED
    query = select(open_subject.c.subject_id).where(mine).order_by(open_subject.c.subject_id).limit(limit)
    return list((await tx.connection.execute(query)).scalars())


async def replace_accruals(
    tx: Transaction, contract_id: UUID, subjects: Sequence[UUID], items: Sequence[Sealed], accruals: Sequence[Accrual]
) -> None:
    """Keeps what subjects of a locked contract have accrued as all its inputs say, in place of what they had before:
    which stays where a settlement refers to it, and else is gone."""
    inputs, accrued_after = await count_inputs(tx, contract_id), await posted_inputs(tx, contract_id)
    await _end(tx, contract_id, subjects, inputs, accrued_after)
    if items:
        place, whole_from = (
            {"contract_id": contract_id, "accrued_after": accrued_after, "since": inputs},
            _whole_from(accruals),
        )
        rows = [
            {**place, **item_row(sealed), "whole_from": whole_from[sealed.item.key.item.subject_id]} for sealed in items
        ]
        await tx.connection.execute(insert(accrued_item), rows)
        await tx.connection.execute(insert(accrual), [_row(contract_id, each) for each in accruals])
    mine = (open_subject.c.contract_id == contract_id) & among(open_subject.c.subject_id, subjects)
    await tx.connection.execute(update(open_subject).where(mine).values(accrued_inputs=inputs))


async def posted_inputs(tx: Transaction, contract_id: UUID) -> int:
    """How many inputs a contract had when something was posted last."""
    query = select(contract.c.posted_inputs).where(contract.c.id == contract_id)
    return int((await tx.connection.execute(query)).scalar_one())


async def _end(tx: Transaction, contract_id: UUID, subjects: Sequence[UUID], inputs: int, accrued_after: int) -> None:
    asked = {"contract": contract_id, "subjects": list(subjects), "inputs": inputs, "accrued_after": accrued_after}
    for statement in (_FORGET, _END, _FORGET_LINES):
        await tx.connection.execute(text(statement), asked)


NOW_DUE = """accrued_item.contract_id = :contract and accrued_item.until is null
    and accrued_item.accrued_after = (select posted_inputs from contract where id = :contract)"""
"""What is due as things stand: since something was posted last, and not replaced."""
_THEIRS = f"{NOW_DUE} and accrued_item.subject_id = any(cast(:subjects as uuid[]))"
_REFERRED = """(select coalesce(max(inputs), 0) from settlement
    where contract_id = :contract and accrued_after = :accrued_after)"""
_FORGET = f"delete from accrued_item where {_THEIRS} and accrued_item.since > {_REFERRED}"
_END = f"update accrued_item set until = :inputs where {_THEIRS} and accrued_item.since <= {_REFERRED}"
_FORGET_ALL = f"""
delete from accrued_item where contract_id = :contract and accrued_after = :accrued_after and since > {_REFERRED}
"""
_FORGET_LINES = """
delete from accrual where contract_id = :contract and subject_id = any(cast(:subjects as uuid[]))
"""


async def begin_anew(tx: Transaction, contract_id: UUID, inputs: int) -> None:
    """Something was posted when there were `inputs`: what is due to all who are still open is worked out anew. What was
    due before stays where a settlement refers to it."""
    before = await posted_inputs(tx, contract_id)
    await tx.connection.execute(text(_FORGET_ALL), {"contract": contract_id, "accrued_after": before})
    await tx.connection.execute(update(contract).where(contract.c.id == contract_id).values(posted_inputs=inputs))
    await tx.connection.execute(delete(accrual).where(accrual.c.contract_id == contract_id))
    mine = (open_subject.c.contract_id == contract_id) & open_subject.c.accrued_inputs.is_not(None)
    await tx.connection.execute(update(open_subject).where(mine).values(accrued_inputs=0))


def _whole_from(accruals: Sequence[Accrual]) -> dict[UUID, date | None]:
    """From which end on all that each subject has accrued is due, where a part of it is due before."""
    subjects = (accrual.subject for accrual in accruals)
    return {subject.id: subject.whole_from if subject.in_part else None for subject in subjects}


def _row(contract_id: UUID, of: Accrual) -> dict[str, Any]:
    rule, price_minor, payee = of.line
    return {
        "contract_id": contract_id,
        "subject_id": of.subject.id,
        "rule": rule,
        "price_minor": price_minor,
        "payee": payee,
        **figures_row(of.figures),
        "shares": list(of.shares),
        "taken_minor": of.taken_minor,
        "sha256": of.sha256,
        "whole_from": of.subject.whole_from,
        "in_part": of.subject.in_part,
    }
