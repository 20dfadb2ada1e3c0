"""Storage: what is due to open subjects, worked out as facts arrive, for settlements to refer to."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update

from services.kit.database.sets import among
from services.kit.database.transaction import Transaction
from settlement_service.domain.settling.independent import DueLine
from settlement_service.domain.settling.sealing import Sealed
from settlement_service.storage.figures import figures_row
from settlement_service.storage.inputs import count_inputs
from settlement_service.storage.item_tables import due_item, due_line
from settlement_service.storage.settled_items import item_row
from settlement_service.storage.tables import contract, open_subject

_CHANGED = open_subject.c.due_inputs < open_subject.c.position


async def contracts_with_changes(tx: Transaction) -> list[UUID]:
    """Contracts with subjects of whom something has come since what is due was worked out."""
    query = select(open_subject.c.contract_id).where(_CHANGED).distinct()
    return list((await tx.connection.execute(query)).scalars())


async def changed_subjects(tx: Transaction, contract_id: UUID, limit: int) -> list[UUID]:
    """Up to `limit` subjects of a contract of whom something has come since."""
    mine = (open_subject.c.contract_id == contract_id) & _CHANGED
    query = select(open_subject.c.subject_id).where(mine).order_by(open_subject.c.subject_id).limit(limit)
    return list((await tx.connection.execute(query)).scalars())


async def replace_due(
    tx: Transaction, contract_id: UUID, subjects: Sequence[UUID], items: Sequence[Sealed], lines: Sequence[DueLine]
) -> None:
    """Keeps what is due to subjects of a locked contract as all its inputs say, in place of what was due before: which
    stays where a settlement refers to it, and else is gone."""
    inputs, due_after = await count_inputs(tx, contract_id), await posted_inputs(tx, contract_id)
    await _end(tx, contract_id, subjects, inputs, due_after)
    if items:
        place, last = {"contract_id": contract_id, "due_after": due_after, "since": inputs}, _last_days(lines)
        rows = [{**place, **item_row(one), "last_on": last[one.item.key.item.subject_id]} for one in items]
        await tx.connection.execute(insert(due_item), rows)
        await tx.connection.execute(insert(due_line), [_line_row(contract_id, line) for line in lines])
    mine = (open_subject.c.contract_id == contract_id) & among(open_subject.c.subject_id, subjects)
    await tx.connection.execute(update(open_subject).where(mine).values(due_inputs=inputs))


async def posted_inputs(tx: Transaction, contract_id: UUID) -> int:
    """How many inputs a contract had when something was posted last."""
    query = select(contract.c.posted_inputs).where(contract.c.id == contract_id)
    return int((await tx.connection.execute(query)).scalar_one())


async def _end(tx: Transaction, contract_id: UUID, subjects: Sequence[UUID], inputs: int, due_after: int) -> None:
    asked = {"contract": contract_id, "subjects": list(subjects), "inputs": inputs, "due_after": due_after}
    for statement in (_FORGET, _END, _FORGET_LINES):
        await tx.connection.execute(text(statement), asked)


NOW_DUE = """due_item.contract_id = :contract and due_item.until is null
    and due_item.due_after = (select posted_inputs from contract where id = :contract)"""
"""What is due as things stand: since something was posted last, and not replaced."""
_THEIRS = f"{NOW_DUE} and due_item.subject_id = any(cast(:subjects as uuid[]))"
_REFERRED = """(select coalesce(max(inputs), 0) from settlement
    where contract_id = :contract and due_after = :due_after)"""
_FORGET = f"delete from due_item where {_THEIRS} and due_item.since > {_REFERRED}"
_END = f"update due_item set until = :inputs where {_THEIRS} and due_item.since <= {_REFERRED}"
_FORGET_ALL = f"""
delete from due_item where contract_id = :contract and due_after = :due_after and since > {_REFERRED}
"""
_FORGET_LINES = """
delete from due_line where contract_id = :contract and subject_id = any(cast(:subjects as uuid[]))
"""


async def begin_anew(tx: Transaction, contract_id: UUID, inputs: int) -> None:
    """Something was posted when there were `inputs`: what is due to all who are still open is worked out anew. What was
    due before stays where a settlement refers to it."""
    before = await posted_inputs(tx, contract_id)
    await tx.connection.execute(text(_FORGET_ALL), {"contract": contract_id, "due_after": before})
    await tx.connection.execute(update(contract).where(contract.c.id == contract_id).values(posted_inputs=inputs))
    await tx.connection.execute(delete(due_line).where(due_line.c.contract_id == contract_id))
    mine = (open_subject.c.contract_id == contract_id) & open_subject.c.due_inputs.is_not(None)
    await tx.connection.execute(update(open_subject).where(mine).values(due_inputs=0))


def _last_days(lines: Sequence[DueLine]) -> dict[UUID, date | None]:
    """The last day of what each subject is due, where nothing of it has to be looked at by itself."""
    subjects = (line.subject for line in lines)
    return {one.id: None if one.apart or one.begun else one.last_on for one in subjects}


def _line_row(contract_id: UUID, of: DueLine) -> dict[str, Any]:
    rule, price_minor, payee = of.key
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
        "last_on": of.subject.last_on,
        "begun": of.subject.begun,
        "apart": of.subject.apart,
    }
