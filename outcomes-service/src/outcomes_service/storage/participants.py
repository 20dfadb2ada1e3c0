"""Storage: participants and the cohorts that they are in. A key is read and written here and in `claims` alone."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from outcomes_service.domain.enrolment import Enrolled, Enrolment, Participant
from outcomes_service.storage.tables import enrolment, participant
from services.kit.database.sets import column
from services.kit.database.transaction import Transaction

_FIND = """
select array_agg(participant_key), array_agg(subject_id), array_agg(cohort), array_agg(enrolled_on), array_agg(left_on)
from (
    select p.participant_key, p.subject_id, e.cohort, e.enrolled_on, e.left_on
    from participant p join enrolment e on e.subject_id = p.subject_id
    where p.contract_id = $1::uuid and p.participant_key = any(string_to_array($2, E'\\n'))
    order by e.id
) as found
"""
"""One row of columns: thousands of rows would cost the driver more than PostgreSQL."""
_ADD = """
insert into participant (subject_id, contract_id, participant_key, recorded_at)
select subject_id, $1::uuid, participant_key, $2::timestamptz
from unnest($3::uuid[], $4::text[]) as new (subject_id, participant_key)
"""
_ENROL = """
insert into enrolment (contract_id, subject_id, cohort, enrolled_on, enrolled_by, recorded_at)
select $1::uuid, subject_id, cohort, enrolled_on, $2::text, $3::timestamptz
from unnest($4::uuid[], $5::text[], $6::date[]) as new (subject_id, cohort, enrolled_on)
"""
_END = """
update enrolment set left_on = ended.left_on
from unnest($1::uuid[], $2::text[], $3::date[], $4::date[]) as ended (subject_id, cohort, enrolled_on, left_on)
where (enrolment.subject_id, enrolment.cohort, enrolment.enrolled_on)
    = (ended.subject_id, ended.cohort, ended.enrolled_on)
"""


async def find_participants(tx: Transaction, contract_id: UUID, keys: Collection[str]) -> dict[str, Participant]:
    """By key, those of `keys` that are known in the contract, with all their enrolments."""
    columns = (await tx.connection.exec_driver_sql(_FIND, (contract_id, column(keys)))).one()
    people: dict[str, Participant] = {}
    for key, subject_id, cohort, enrolled_on, left_on in zip(*(values or () for values in columns), strict=True):
        enrolment = Enrolment(cohort, enrolled_on, left_on)
        known = people.get(key)
        people[key] = Participant(subject_id, (*known.enrolments, enrolment) if known else (enrolment,))
    return people


async def add_participants(tx: Transaction, contract_id: UUID, subjects: Mapping[str, UUID]) -> None:
    """Keeps new participants: subject ids by key."""
    await tx.connection.exec_driver_sql(_ADD, (contract_id, tx.now, list(subjects.values()), list(subjects)))


async def add_enrolments(tx: Transaction, contract_id: UUID, new: Sequence[tuple[UUID, Enrolment]]) -> None:
    """Keeps enrolments that begin, each with its subject."""
    await tx.connection.exec_driver_sql(
        _ENROL,
        (
            contract_id,
            tx.caller.organisation,
            tx.now,
            [subject for subject, _ in new],
            [enrolment.cohort for _, enrolment in new],
            [enrolment.enrolled_on for _, enrolment in new],
        ),
    )


async def end_enrolments(tx: Transaction, ended: Sequence[tuple[UUID, Enrolment]]) -> None:
    """Keeps when enrolments ended, each with its subject."""
    await tx.connection.exec_driver_sql(
        _END,
        (
            [subject for subject, _ in ended],
            [enrolment.cohort for _, enrolment in ended],
            [enrolment.enrolled_on for _, enrolment in ended],
            [enrolment.left_on for _, enrolment in ended],
        ),
    )


async def list_enrolments(tx: Transaction, contract_id: UUID, after: int, limit: int) -> Sequence[Enrolled]:
    """Up to `limit` enrolments, in the order in which they were recorded, from the one after `after` on."""
    query = (
        select(enrolment, participant.c.participant_key)
        .join(participant, participant.c.subject_id == enrolment.c.subject_id)
        .where(enrolment.c.contract_id == contract_id, enrolment.c.id > after)
        .order_by(enrolment.c.id)
        .limit(limit)
    )
    rows = (await tx.connection.execute(query)).all()
    return [Enrolled(row.id, row.participant_key, Enrolment(row.cohort, row.enrolled_on, row.left_on)) for row in rows]
