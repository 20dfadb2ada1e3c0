"""Use case: a payer or a provider puts people into cohorts, one or thousands at a time."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from outcomes_service.domain.answer import CREATED, REPLAYED, Answer, refused
from outcomes_service.domain.contract import ENROLLING
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


async def enrol_participants(tx: Transaction, contract_id: UUID, rows: Sequence[Enrolling]) -> list[Answer]:
    """One answer a row, in order. Whoever is known by a key stays the same subject in every cohort and on every
    return. Errors: `not-found`, `role-not-allowed`."""
    contract = await get_contract(tx, contract_id, lock=True)
    contract.require(tx.caller.organisation, ENROLLING)
    if not rows:
        return []
    cohorts = await list_cohorts(tx, contract)
    people = await find_participants(tx, contract_id, {row.participant_key for row in rows})
    unknown: dict[str, UUID] = {}
    new: list[tuple[UUID, Enrolment]] = []
    newcomers: Counter[str] = Counter()
    answers = []
    for row in rows:
        person = people.get(row.participant_key) or Participant(clock.random_id())
        try:
            check_participant_key(row.participant_key)
            is_new = enrol(contract, cohorts, person.enrolments, row.enrolment)
        except Refusal as refusal:
            answers.append(refused(refusal))
            continue
        answers.append(CREATED if is_new else REPLAYED)
        if not is_new:
            continue
        if row.participant_key not in people:
            unknown[row.participant_key] = person.subject_id
        newcomers[row.enrolment.cohort] += all(one.cohort != row.enrolment.cohort for one in person.enrolments)
        people[row.participant_key] = Participant(person.subject_id, (*person.enrolments, row.enrolment))
        new.append((person.subject_id, row.enrolment))
    if new:
        await add_participants(tx, contract_id, unknown)
        await add_enrolments(tx, contract_id, new)
        await count_people(tx, contract, newcomers)
        await tell(tx, contract_id, [_enrolled(contract_id, subject_id, one) for subject_id, one in new])
    return answers


def _enrolled(contract_id: UUID, subject_id: UUID, one: Enrolment) -> ParticipantEnrolled:
    return ParticipantEnrolled(
        contract_id=contract_id, subject_id=subject_id, cohort=one.cohort, enrolled_on=one.enrolled_on
    )
