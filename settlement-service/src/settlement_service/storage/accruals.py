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
    """Contracts with changed subjects: a fact about them has come since their accruals were kept."""
    query = select(open_subject.c.contract_id).where(_CHANGED).distinct()
    return list((await tx.connection.execute(query)).scalars())


async def changed_subjects(tx: Transaction, contract_id: UUID, limit: int) -> list[UUID]:
    """Up to `limit` changed subjects of a contract, by id."""
    changed = (open_subject.c.contract_id == contract_id) & _CHANGED
    query = select(open_subject.c.subject_id).where(changed).order_by(open_subject.c.subject_id).limit(limit)
    return list((await tx.connection.execute(query)).scalars())


async def replace_accruals(
    tx: Transaction, contract_id: UUID, subjects: Sequence[UUID], items: Sequence[Sealed], accruals: Sequence[Accrual]
) -> None:
    """Keeps what subjects of a locked contract have accrued, by all its inputs so far. It takes the place of what they
    had accrued before, which stays as an item where a settlement refers to it, and is deleted otherwise."""
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
    subjects_rows = (open_subject.c.contract_id == contract_id) & among(open_subject.c.subject_id, subjects)
    await tx.connection.execute(update(open_subject).where(subjects_rows).values(accrued_inputs=inputs))


async def posted_inputs(tx: Transaction, contract_id: UUID) -> int:
    """How many inputs a contract had when something was posted last."""
    query = select(contract.c.posted_inputs).where(contract.c.id == contract_id)
    return int((await tx.connection.execute(query)).scalar_one())


async def _end(tx: Transaction, contract_id: UUID, subjects: Sequence[UUID], inputs: int, accrued_after: int) -> None:
    parameters = {"contract": contract_id, "subjects": list(subjects), "inputs": inputs, "accrued_after": accrued_after}
    for statement in (_FORGET, _END, _FORGET_LINES):
        await tx.connection.execute(text(statement), parameters)


NOW_DUE = """accrued_item.contract_id = :contract and accrued_item.until is null
    and accrued_item.accrued_after = (select posted_inputs from contract where id = :contract)"""
"""Items that stand: accrued since something was posted last, and not replaced since."""
_OF_SUBJECTS = f"{NOW_DUE} and accrued_item.subject_id = any(cast(:subjects as uuid[]))"
_REFERRED = """(select coalesce(max(inputs), 0) from settlement
    where contract_id = :contract and accrued_after = :accrued_after)"""
"""The number of inputs of the last settlement that refers to accruals since that posting: what was kept after as many
inputs, or fewer, is among its items, and must stay; what was kept later is nobody's, and may go."""
_FORGET = f"delete from accrued_item where {_OF_SUBJECTS} and accrued_item.since > {_REFERRED}"
_END = f"update accrued_item set until = :inputs where {_OF_SUBJECTS} and accrued_item.since <= {_REFERRED}"
_FORGET_ALL = f"""
delete from accrued_item where contract_id = :contract and accrued_after = :accrued_after and since > {_REFERRED}
"""
_FORGET_LINES = """
delete from accrual where contract_id = :contract and subject_id = any(cast(:subjects as uuid[]))
"""


async def begin_anew(tx: Transaction, contract_id: UUID, inputs: int) -> None:
    """Lets all open subjects of a contract accrue anew, as something was posted when there were so many `inputs`: what
    is due to them is now due beside other postings. Items that a settlement refers to stay."""
    before = await posted_inputs(tx, contract_id)
    await tx.connection.execute(text(_FORGET_ALL), {"contract": contract_id, "accrued_after": before})
    await tx.connection.execute(update(contract).where(contract.c.id == contract_id).values(posted_inputs=inputs))
    await tx.connection.execute(delete(accrual).where(accrual.c.contract_id == contract_id))
    accruing = (open_subject.c.contract_id == contract_id) & open_subject.c.accrued_inputs.is_not(None)
    await tx.connection.execute(update(open_subject).where(accruing).values(accrued_inputs=0))


def _whole_from(accruals: Sequence[Accrual]) -> dict[UUID, date | None]:
    """The end from which on all that each subject has accrued is due; None unless a part of it is due before."""
    subjects = (accrual.subject for accrual in accruals)
    return {subject.id: subject.whole_from if subject.in_part else None for subject in subjects}


def _row(contract_id: UUID, accrued: Accrual) -> dict[str, Any]:
    rule, price_minor, payee = accrued.line
    return {
        "contract_id": contract_id,
        "subject_id": accrued.subject.id,
        "rule": rule,
        "price_minor": price_minor,
        "payee": payee,
        **figures_row(accrued.figures),
        "shares": list(accrued.shares),
        "taken_minor": accrued.taken_minor,
        "sha256": accrued.sha256,
        "whole_from": accrued.subject.whole_from,
        "in_part": accrued.subject.in_part,
    }
