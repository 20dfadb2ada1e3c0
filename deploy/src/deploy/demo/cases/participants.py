"""Deploy: the participants of a case: synthetic, and the same on every machine."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from deploy.demo.cases.case import Case, Group

LAST_ENROLMENT = 640
"""Days after the start, at most. Enrolments are spread over them. Time is left for the longest row of outcomes."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A synthetic person: `number` from 1, opaque `key` (64 hex digits), first day in the cohort."""

    number: int
    key: str
    cohort: str
    enrolled_on: date


def seed(*parts: object) -> bytes:
    """32 bytes that follow from `parts`, and from nothing else."""
    return hashlib.sha256(":".join(["enzym synthetic", *map(str, parts)]).encode()).digest()


def dice(sides: int, *parts: object) -> int:
    """A number from 0 up to `sides` that follows from `parts`."""
    return int.from_bytes(seed(*parts)[:8], "big") % sides


def participants_of(case: Case) -> list[Participant]:
    """All participants, group by group. In production the payer makes the keys, outside Enzym, from data that never
    reaches it. Here a key follows from the case's id and the number."""
    participants: list[Participant] = []
    for group in case.people:
        first, days = _enrolment_days(case, group)
        for number in range(len(participants) + 1, len(participants) + 1 + group.count):
            day = first + timedelta(days=dice(days, case.id, "enrolled", number))
            key = seed(case.id, "key", number).hex()
            participants.append(Participant(number, key, group.cohort, group.enrolled_on or day))
    return participants


def _enrolment_days(case: Case, group: Group) -> tuple[date, int]:
    """The first day on which a group is enrolled, and over how many days."""
    cohort = next(cohort for cohort in case.contract["outcomes"]["cohorts"] if cohort["code"] == group.cohort)
    outcome, service = case.outcome_period, case.service_period
    first = max(outcome.start, service.start, _day(cohort, "start", outcome.start))
    end = min(outcome.end, service.end, _day(cohort, "end", outcome.end))
    days = min(LAST_ENROLMENT, (outcome.end - first).days * 3 // 5, (end - first).days)
    return first, max(days, 1)


def _day(cohort: dict[str, Any], name: str, otherwise: date) -> date:
    return date.fromisoformat(cohort[name]) if name in cohort else otherwise


def enrolment_rows(case: Case) -> list[dict[str, Any]]:
    """The rows of POST /v1/contracts/{id}/participants."""
    return [
        {
            "participantKey": participant.key,
            "cohort": participant.cohort,
            "enrolledOn": participant.enrolled_on.isoformat(),
        }
        for participant in participants_of(case)
    ]
