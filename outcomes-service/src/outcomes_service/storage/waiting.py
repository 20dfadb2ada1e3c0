"""Storage: claims that have waited longer than their terms let them, for the background process: nothing of what they
are about."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from outcomes_service.domain.waiting import Ended, Waiting
from services.kit.database.transaction import Transaction

_CONTRACTS = """
select id from contract
where ($3::uuid is null or id > $3) and claims_close_on >= ($1::timestamptz at time zone time_zone)::date
  and exists (
      select from claim
      where contract_id = contract.id and overdue_at <= $1 and state = 'submitted' and escalated_at is null
  )
order by id limit $2
"""
_OVERDUE = """
select id, metric_id, state, revision, overdue_at, escalated_at from claim
where contract_id = $1 and overdue_at <= $2 and state = 'submitted' and escalated_at is null
order by overdue_at, id limit $3
"""
"""Both read the index `claim_overdue`."""
_END = """
update claim set state = ended.state, revision = ended.revision, escalated_at = ended.escalated_at,
                 escalated_to = ended.escalated_to
from unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[], $5::text[])
     as ended (id, state, revision, escalated_at, escalated_to)
where claim.id = ended.id
"""
_RECORD = """
insert into claim_record (claim_id, metric_id, kind, said_by, said_at, verdict, deemed)
select claim_id, metric_id, kind, array[said_by], said_at, verdict, true
from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
     as new (claim_id, metric_id, kind, said_by, said_at, verdict)
"""


async def find_contracts_with_overdue(tx: Transaction, after: UUID | None, limit: int) -> list[UUID]:
    """Up to `limit` contracts whose claims are open and on which some claim is overdue, by id, from the one after
    `after` on."""
    return list((await tx.connection.exec_driver_sql(_CONTRACTS, (tx.now, limit, after))).scalars())


async def find_overdue(tx: Transaction, contract_id: UUID, limit: int) -> list[Waiting]:
    """Up to `limit` overdue claims of a contract that is locked, those that have waited longest first."""
    rows = (await tx.connection.exec_driver_sql(_OVERDUE, (contract_id, tx.now, limit))).all()
    return [Waiting(row.id, row.metric_id, row.state, row.revision, row.overdue_at, row.escalated_at) for row in rows]


async def save_ended(tx: Transaction, ended: Sequence[Ended]) -> None:
    """Keeps what time made of claims."""
    values: tuple[Any, ...] = (
        [wait.claim_id for wait in ended],
        [wait.state for wait in ended],
        [wait.revision for wait in ended],
        [wait.escalated_at for wait in ended],
        [wait.escalated_to for wait in ended],
    )
    await tx.connection.exec_driver_sql(_END, values)
    records = [(wait, wait.record) for wait in ended if wait.record is not None]
    values = (
        [wait.claim_id for wait, _ in records],
        [wait.metric_id for wait, _ in records],
        [record.kind for _, record in records],
        [record.said_by[0] for _, record in records],
        [record.said_at for _, record in records],
        [record.verdict for _, record in records],
    )
    await tx.connection.exec_driver_sql(_RECORD, values)
