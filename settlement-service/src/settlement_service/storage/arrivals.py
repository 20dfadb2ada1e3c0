"""Storage: what a fact on a claim reads and writes: few statements, as the next fact of its contract waits for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select

from services.kit.database.transaction import Transaction
from services.kit.process import clock
from settlement_service.domain.agreement.contract import Known
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.hashes import input_leaf
from settlement_service.domain.mechanisms.items import Item
from settlement_service.storage.claims import claim_in, measurement_text
from settlement_service.storage.contracts import COLUMNS, known_in
from settlement_service.storage.inputs import SALT_BYTES, NewInput, keep_root_at
from settlement_service.storage.items import add_items
from settlement_service.storage.tables import claim, contract

_LOG = """
logged as (select coalesce(max(position), 0) as last from input where contract_id = $1)
insert into input (contract_id, position, source, sequence, part, type, scope, achieved_on, salt, body, leaf)
select $1, last + 1, $2, $3, 0, $4, $5, $6, $7, $8, $9 from logged
returning position
"""
_REPORT = f"""
with reported as (
    insert into claim (id, contract_id, metric, subject_id, occurrence, achieved_on, units, reported_by, order_key,
        measurement, state, disputed, decided_by, deemed)
    values ($10, $1, $11, $12, $13, $14, $15, $16, $17, $18::jsonb, 'submitted', false, '{{}}', false)
), {_LOG}
"""
_DECIDE = """
with decided as (
    update claim set state = $11, disputed = $12, decided_by = $13, decided_at = $14, deemed = $15, superseded_by = $16
    where id = $10
), gone as (
    delete from item where contract_id = $1 and claim_id = any($17::uuid[])
), logged as (
    select coalesce(max(position), 0) as last from input where contract_id = $1
), opened as (
    insert into open_subject (contract_id, subject_id, position, accrued_inputs)
    select $1, $18, last + 1, (select 0 from contract where id = $1 and accrues) from logged
    where cardinality($17::uuid[]) > 0
    on conflict (contract_id, subject_id) do update set position = excluded.position
)
insert into input (contract_id, position, source, sequence, part, type, scope, achieved_on, salt, body, leaf)
select $1, last + 1, $2, $3, 0, $4, $5, $6, $7, $8, $9 from logged
returning position
"""
"""All parts read the rows as they were before the statement, so `last` is one number: the subject is open at the
position that the input gets. It is changed while `accrued_inputs` is below that; null where the contract does not
accrue."""

_CLAIM, _GROUP = claim.alias("this"), claim.alias("of_person")
_CONCERNED = (
    select(*COLUMNS, *(column.label(f"claim_{column.name}") for column in _GROUP.c))
    .join_from(contract, _CLAIM, (_CLAIM.c.contract_id == contract.c.id) & (_CLAIM.c.id == bindparam("claim")))
    .join(
        _GROUP,
        (_GROUP.c.contract_id == _CLAIM.c.contract_id) & (_GROUP.c.subject_id == _CLAIM.c.subject_id),
    )
    .where(contract.c.id == bindparam("contract"))
    .with_for_update(of=contract)
)


@dataclass(frozen=True, slots=True)
class Concerned:
    """What a decision on a claim concerns: the contract, the claim, and the group of all claims on its subject."""

    known: Known
    claim: Claim
    group: tuple[Claim, ...]


async def lock_concerned(tx: Transaction, contract_id: UUID, claim_id: UUID) -> Concerned | None:
    """The contract, locked, with the claims that a decision concerns; None when there is no such claim. Claims are
    changed by facts of one source alone, whose order the inbox holds: so they may be read with the lock."""
    rows = (await tx.connection.execute(_CONCERNED, {"contract": contract_id, "claim": claim_id})).all()
    if not rows:
        return None
    group = tuple(claim_in(row, "claim_") for row in rows)
    return Concerned(await known_in(tx, rows[0]), next(each for each in group if each.id == claim_id), group)


async def keep_claim(tx: Transaction, contract_id: UUID, new: Claim, logged: NewInput) -> None:
    """Keeps a claim that was reported, and the fact as the next input of its locked contract."""
    values = (new.id, new.metric, new.subject_id, new.occurrence, new.achieved_on, new.units)
    parameters = (contract_id, *_logged(logged), *values, new.reported_by, new.order_key, measurement_text(new))
    position = (await tx.connection.exec_driver_sql(_REPORT, parameters)).scalar_one()
    await keep_root_at(tx, contract_id, position)


async def keep_decision(
    tx: Transaction,
    contract_id: UUID,
    changed: Claim,
    logged: NewInput,
    items: Sequence[Item],
    replaced: Sequence[UUID],
) -> None:
    """Keeps a claim as a fact changed it, the fact as the next input of its locked contract, and `items` in place of
    all items of the `replaced` claims. Their subject is open from then on, and accrues again where the contract
    does."""
    decision = (changed.state, changed.disputed, list(changed.decided_by), changed.decided_at, changed.deemed)
    values = (
        contract_id,
        *_logged(logged),
        changed.id,
        *decision,
        changed.superseded_by,
        list(replaced),
        changed.subject_id,
    )
    position = (await tx.connection.exec_driver_sql(_DECIDE, values)).scalar_one()
    await keep_root_at(tx, contract_id, position)
    await add_items(tx, contract_id, items)


def _logged(new: NewInput) -> tuple[object, ...]:
    salt = clock.random_bytes(SALT_BYTES)
    return new.source, new.sequence, new.type, new.scope, new.achieved_on, salt, new.body, input_leaf(salt, new.body)
