"""Use case: a payer or a provider says who is in a cohort no longer."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from outcomes_service.domain.answer import CREATED, REPLAYED, Answer, refused
from outcomes_service.domain.contract import ENROLLING
from outcomes_service.domain.enrolment import Enrolment, Participant, leave
from outcomes_service.storage.contracts import get_contract
from outcomes_service.storage.participants import end_enrolments, find_participants
from services.core.errors import Refusal
from services.events.outcomes import ParticipantLeft
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell


class Leaving(NamedTuple):
    """A person, by key, a cohort, and the first day outside it."""

    participant_key: str
    cohort: str
    left_on: date


async def record_departures(tx: Transaction, contract_id: UUID, rows: Sequence[Leaving]) -> list[Answer]:
    """One answer a row, in order. Errors: `not-found`, `role-not-allowed`."""
    contract = await get_contract(tx, contract_id, lock=True)
    contract.require(tx.caller.organisation, ENROLLING)
    if not rows:
        return []
    people = await find_participants(tx, contract_id, {row.participant_key for row in rows})
    answers, left = _judged(people, rows)
    if left:
        await end_enrolments(tx, left)
        await tell(tx, contract_id, [_left(contract_id, subject_id, row) for subject_id, row in left])
    return answers


def _judged(
    people: dict[str, Participant], rows: Sequence[Leaving]
) -> tuple[list[Answer], list[tuple[UUID, Enrolment]]]:
    """One answer a row, and the enrolments that end, each with its subject. `people` is brought up to date row by row,
    so that a row is judged by what the rows before it did."""
    answers: list[Answer] = []
    left: list[tuple[UUID, Enrolment]] = []
    for row in rows:
        person = people.get(row.participant_key)
        try:
            ended = leave(person.enrolments if person else (), row.cohort, row.left_on)
        except Refusal as refusal:
            answers.append(refused(refusal))
            continue
        answers.append(CREATED if ended else REPLAYED)
        if person and ended:
            closed = ended._replace(left_on=row.left_on)
            people[row.participant_key] = _with(person, ended, closed)
            left.append((person.subject_id, closed))
    return answers, left


def _with(person: Participant, ended: Enrolment, closed: Enrolment) -> Participant:
    """The participant with one enrolment closed."""
    others = tuple(enrolment for enrolment in person.enrolments if enrolment != ended)
    return Participant(person.subject_id, (*others, closed))


def _left(contract_id: UUID, subject_id: UUID, ended: Enrolment) -> ParticipantLeft:
    assert ended.left_on is not None
    return ParticipantLeft(contract_id=contract_id, subject_id=subject_id, cohort=ended.cohort, left_on=ended.left_on)
