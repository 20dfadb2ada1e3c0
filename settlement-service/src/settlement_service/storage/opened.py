"""Storage: open subjects, of whom something may be due that is not posted, and the totals of what is posted.

By these a settlement looks at what is new and not at all that was.
"""

from collections.abc import Collection
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import select, text

from services.kit.database.transaction import Transaction
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.settling.closing import Closing
from settlement_service.domain.settling.posted_totals import Total
from settlement_service.storage.figures import any_taken
from settlement_service.storage.tables import open_subject, posted_total

Subjects: TypeAlias = Collection[UUID] | None
"""The subjects that are looked at; None for all."""

_OPEN_ALL = """
insert into open_subject (contract_id, subject_id, position, accrued_inputs)
select contract_id, subject_id, (select coalesce(max(position), 0) + 1 from input where contract_id = :contract),
    (select 0 from contract where id = :contract and accrues)
from (select contract_id, subject_id from item where contract_id = :contract
    union select contract_id, subject_id from posted_item where contract_id = :contract
    union select contract_id, subject_id from open_subject where contract_id = :contract) known
on conflict (contract_id, subject_id) do update
    set position = excluded.position, accrued_inputs = excluded.accrued_inputs
"""
_CLOSE = """
with next as materialized (
    select ctid as place, subject_id,
        (select true from posted_item posted
            where posted.contract_id = open.contract_id and posted.subject_id = open.subject_id
                and ({comes_free} or achieved_on >= :ends)
            limit 1) is null
        and (select true from item
            where item.contract_id = open.contract_id and item.subject_id = open.subject_id
                and item.reason is null and item.achieved_on >= :ends limit 1) is null as is_settled
    from open_subject open where contract_id = :contract and position <= :inputs
        and (cast(:after as uuid) is null or subject_id > :after) order by subject_id limit :most
), gone as (
    delete from open_subject where ctid = any(array(select place from next where is_settled))
)
select subject_id from next order by subject_id desc limit 1
"""
"""Each subject is looked at by itself, by its own rows (`limit 1` keeps it so), and is deleted by its place (`ctid`).
While the planner's numbers of rows are not up to date, a join would be planned as a scan of all subjects for each.
`is_settled` is `domain.settling.closing.Closing.is_closed` as SQL: a test holds both to the same answer."""
AT_ONCE = 20_000
"""Subjects in one statement, so that none takes longer than a few seconds."""


async def open_subjects(tx: Transaction, contract_id: UUID) -> set[UUID]:
    """The subjects of whom something may be due that is not posted; the contract itself is always one."""
    query = select(open_subject.c.subject_id).where(open_subject.c.contract_id == contract_id)
    return {contract_id, *(await tx.connection.execute(query)).scalars()}


async def open_all(tx: Transaction, contract_id: UUID) -> None:
    """Opens all subjects of a contract: its terms changed, or end, and everything may be due anew."""
    await tx.connection.execute(text(_OPEN_ALL), {"contract": contract_id})


async def close_subjects(tx: Transaction, settlement: Settlement, closing: Closing) -> None:
    """Closes the subjects that `closing` names, when a settlement is posted, each by all its rows. One about whom a
    fact came after the settlement was frozen stays open: that fact is not among the settlement's inputs."""
    parameters = {
        "contract": settlement.contract_id,
        "inputs": settlement.inputs or 0,
        "ends": closing.ends,
        "most": AT_ONCE,
    }
    query, last = text(close_query(closing)), None
    while True:
        last = (await tx.connection.execute(query, {**parameters, "after": last})).scalar_one_or_none()
        if last is None:
            return


def close_query(closing: Closing) -> str:
    """The statement that closes up to `most` subjects, from the one after `after` on, and gives the last looked at."""
    return _CLOSE.format(comes_free=any_taken(closing.kinds))


async def posted_totals(tx: Transaction, contract_id: UUID) -> list[Total]:
    """What is posted by rule, payee, month and payer."""
    query = select(posted_total).where(posted_total.c.contract_id == contract_id)
    return [
        Total(row.rule, row.payee, row.month, row.payer, row.under_caps_minor, row.amount_minor)
        for row in (await tx.connection.execute(query)).all()
    ]
