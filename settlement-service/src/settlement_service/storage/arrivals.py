"""Storage: what a run of facts on subjects reads and writes: few statements, however many facts have come together."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from services.kit.database.sets import among, column, list_in, lists_column
from services.kit.database.transaction import Transaction
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.outcome_data import Enrolled
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.settling.arriving import Arrival
from settlement_service.storage.claims import claim_in, measurement_text
from settlement_service.storage.inputs import NewInput, keep_roots_between, log_columns
from settlement_service.storage.items import add_items
from settlement_service.storage.tables import claim

_KEEP = f"""
with reported as (
    insert into claim (id, contract_id, metric, subject_id, occurrence, achieved_on, units, reported_by, order_key,
        measurement, state, disputed, decided_by, decided_at, deemed, superseded_by)
    select id, $1, metric, subject_id, occurrence, achieved_on, units, reported_by, order_key,
        measurement::jsonb, state, disputed, {list_in("decided_by")}, decided_at, deemed, superseded_by
    from unnest($2::uuid[], string_to_array($3, E'\\n'), $4::uuid[], string_to_array($5, E'\\n'), $6::date[],
        $7::bigint[], string_to_array($8, E'\\n'), string_to_array($9, E'\\n'), string_to_array($10, E'\\n', ''),
        string_to_array($11, E'\\n'), $12::boolean[], string_to_array($13, E'\\n'), $14::timestamptz[],
        $15::boolean[], $16::uuid[])
        as new (id, metric, subject_id, occurrence, achieved_on, units, reported_by, order_key, measurement,
            state, disputed, decided_by, decided_at, deemed, superseded_by)
), decided as (
    update claim set state = changed.state, disputed = changed.disputed,
        decided_by = {list_in("changed.decided_by")}, decided_at = changed.decided_at, deemed = changed.deemed,
        superseded_by = changed.superseded_by
    from unnest($17::uuid[], string_to_array($18, E'\\n'), $19::boolean[], string_to_array($20, E'\\n'),
        $21::timestamptz[], $22::boolean[], $23::uuid[])
        as changed (id, state, disputed, decided_by, decided_at, deemed, superseded_by)
    where claim.id = changed.id
), enrolled as (
    insert into enrolment (contract_id, subject_id, cohort, enrolled_on)
    select $1, subject_id, cohort, enrolled_on
    from unnest($24::uuid[], string_to_array($25, E'\\n'), $26::date[]) as new (subject_id, cohort, enrolled_on)
    on conflict do nothing
), gone as (
    delete from item where contract_id = $1 and subject_id = any($27::uuid[])
), logged as (
    select coalesce(max(position), 0) as last from input where contract_id = $1
), opened as (
    insert into open_subject (contract_id, subject_id, position, accrued_inputs)
    select $1, subject_id, last + place, (select 0 from contract where id = $1 and accrues)
    from logged, unnest($27::uuid[], $28::bigint[]) as touched (subject_id, place)
    on conflict (contract_id, subject_id) do update set position = excluded.position
), added as (
    insert into input (contract_id, position, source, sequence, part, type, scope, achieved_on, salt, body, leaf)
    select $1, last + place, source, sequence, 0, type, scope, achieved_on, salt, body, leaf
    from logged, unnest(string_to_array($29, E'\\n'), $30::bigint[], string_to_array($31, E'\\n'),
        string_to_array($32, E'\\n'), $33::date[], $34::bytea[], $35::bytea[], $36::bytea[]) with ordinality
        as new (source, sequence, type, scope, achieved_on, salt, body, leaf, place)
)
select last from logged
"""
"""One statement, as each of its parts is on rows of its own. Items go in with the next: those that are gone may have
their keys."""


async def claims_concerned(
    tx: Transaction, contract_id: UUID, ids: Collection[UUID], subjects: Collection[UUID]
) -> list[Claim]:
    """All claims on the subjects of these claims, and on these subjects. Claims are changed by facts of one source
    alone, whose order the inbox holds."""
    if not (ids or subjects):
        return []
    whose = select(claim.c.subject_id).where(claim.c.contract_id == contract_id, among(claim.c.id, ids))
    about = or_(claim.c.subject_id.in_(whose), among(claim.c.subject_id, subjects))
    rows = await tx.connection.execute(select(claim).where(claim.c.contract_id == contract_id, about))
    return [claim_in(row) for row in rows.all()]


async def keep_run(
    tx: Transaction, contract_id: UUID, arrival: Arrival, logged: Sequence[NewInput], items: Iterable[Item]
) -> None:
    """Keeps what a run came to, each fact as the next input of its locked contract, and `items` in place of all that
    the touched subjects had. Before the terms are here nobody is touched."""
    reported = [arrival.claims[id_] for id_ in arrival.reported]
    decided = [arrival.claims[id_] for id_ in arrival.decided]
    values = (
        contract_id,
        *_claim_columns(reported),
        *_decision_columns(reported),
        [each.id for each in decided],
        *_decision_columns(decided),
        *_enrolment_columns(arrival.enrolments),
        list(arrival.touched),
        list(arrival.touched.values()),
        *log_columns(logged),
    )
    last = (await tx.connection.exec_driver_sql(_KEEP, values)).scalar_one()
    await keep_roots_between(tx, contract_id, last + 1, last + len(logged))
    await add_items(tx, contract_id, items)


def _claim_columns(claims: Sequence[Claim]) -> tuple[Any, ...]:
    """What was claimed, column by column."""
    return (
        [each.id for each in claims],
        column([each.metric for each in claims]),
        [each.subject_id for each in claims],
        column([each.occurrence for each in claims]),
        [each.achieved_on for each in claims],
        [each.units for each in claims],
        column([each.reported_by for each in claims]),
        column([each.order_key for each in claims]),
        column([measurement_text(each) or "" for each in claims]),
    )


def _decision_columns(claims: Sequence[Claim]) -> tuple[Any, ...]:
    """What is decided on claims, column by column."""
    return (
        column([each.state for each in claims]),
        [each.disputed for each in claims],
        lists_column([each.decided_by for each in claims]),
        [each.decided_at for each in claims],
        [each.deemed for each in claims],
        [each.superseded_by for each in claims],
    )


def _enrolment_columns(enrolments: Sequence[Enrolled]) -> tuple[Any, ...]:
    return (
        [each.subject_id for each in enrolments],
        column([each.cohort for each in enrolments]),
        [each.enrolled_on for each in enrolments],
    )
