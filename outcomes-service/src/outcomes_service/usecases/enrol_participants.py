"""Use case: a payer or a provider puts people into cohorts, one or thousands at a time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from outcomes_service.domain.answer import CREATED, REPLAYED, Answer, refused
from outcomes_service.domain.contract import ENROLLING, Cohort, Contract
from outcomes_service.domain.enrolment import Enrolment, Participant, enrol
from outcomes_service.domain.references import check_participant_key
from outcomes_service.storage.contracts import count_people, get_contract, list_cohorts
from outcomes_service.storage.participants import add_enrolments, add_participants, find_participants
from services.core.errors import Refusal
from services.events.outcomes import ParticipantEnrolled
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell
from services.kit.process import clock


class Enrolling(NamedTuple):
    """A person, by the key that the payer made, and the cohort and day."""

    participant_key: str
    enrolment: Enrolment


@dataclass(slots=True)
class _New:
    """What rows add: subject ids by key of who was unknown, enrolments with their subjects, and how many people came
    to each cohort for the first time."""

    subject_ids: dict[str, UUID] = field(default_factory=dict)
    enrolments: list[tuple[UUID, Enrolment]] = field(default_factory=list)
    newcomers: Counter[str] = field(default_factory=Counter)


async def enrol_participants(tx: Transaction, contract_id: UUID, rows: Sequence[Enrolling]) -> list[Answer]:
    """One answer a row, in order. Whoever is known by a key stays the same subject in every cohort and on every
    return. Errors: `not-found`, `role-not-allowed`."""
    contract = await get_contract(tx, contract_id, lock=True)
    contract.require(tx.caller.organisation, ENROLLING)
    if not rows:
        return []
    cohorts = await list_cohorts(tx, contract)
    people = await find_participants(tx, contract_id, {row.participant_key for row in rows})
    new = _New()
    answers = [_judged(contract, cohorts, people, row, new) for row in rows]
    if new.enrolments:
        await add_participants(tx, contract_id, new.subject_ids)
        await add_enrolments(tx, contract_id, new.enrolments)
        await count_people(tx, contract, new.newcomers)
        await tell(tx, contract_id, [_enrolled(contract_id, *enrolled) for enrolled in new.enrolments])
    return answers


def _judged(
    contract: Contract,
    cohorts: Iterable[Cohort],
    people: dict[str, Participant],
    row: Enrolling,
    new: _New,
) -> Answer:
    """The answer to one row. `people` and `new` are brought up to date, so that the next row is judged by them."""
    key, enrolment = row.participant_key, row.enrolment
    person = people.get(key) or Participant(clock.random_id())
    try:
        check_participant_key(key)
        is_new = enrol(contract, cohorts, person.enrolments, enrolment)
    except Refusal as refusal:
        return refused(refusal)
    if not is_new:
        return REPLAYED
    if key not in people:
        new.subject_ids[key] = person.subject_id
    new.newcomers[enrolment.cohort] += all(earlier.cohort != enrolment.cohort for earlier in person.enrolments)
    new.enrolments.append((person.subject_id, enrolment))
    people[key] = Participant(person.subject_id, (*person.enrolments, enrolment))
    return CREATED


def _enrolled(contract_id: UUID, subject_id: UUID, enrolment: Enrolment) -> ParticipantEnrolled:
    return ParticipantEnrolled(
        contract_id=contract_id,
        subject_id=subject_id,
        cohort=enrolment.cohort,
        enrolled_on=enrolment.enrolled_on,
    )
