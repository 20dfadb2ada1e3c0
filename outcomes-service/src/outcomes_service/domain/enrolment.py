"""Domain: who is in which cohort, from when and until when."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from outcomes_service.domain.contract import Cohort, Contract
from services.core.errors import Conflict, FieldError, Invalid


class CohortUnknown(Invalid):
    """Not a cohort of the terms."""

    code = "cohort-unknown"
    title = "The terms have no such cohort"


class OutsideServicePeriod(Invalid):
    """Enrolment on a day on which nobody may be enrolled."""

    code = "outside-service-period"
    title = "Nobody may be enrolled on that day"


class AlreadyEnrolled(Conflict):
    """In that cohort at that time already."""

    code = "already-enrolled"
    title = "This participant is in that cohort already"


class NotInCohort(Conflict):
    """Leaving a cohort that one is not in."""

    code = "not-in-cohort"
    title = "This participant is not in that cohort on that day"


class Enrolment(NamedTuple):
    """A participant's time in a cohort: `[enrolled_on, left_on)`, open while nobody said when it ended."""

    cohort: str
    enrolled_on: date
    left_on: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the participant was in the cohort on that day."""
        return self.enrolled_on <= day and (self.left_on is None or day < self.left_on)


class Participant(NamedTuple):
    """One person in one contract. `subject_id` is all that anyone outside this service ever hears of."""

    subject_id: UUID
    enrolments: tuple[Enrolment, ...] = ()

    def enrolled_on(self, day: date) -> bool:
        """Whether some cohort had this participant on that day."""
        return any(enrolment.holds(day) for enrolment in self.enrolments)


class Enrolled(NamedTuple):
    """One line of the list of participants. `id` orders the list, and tells nothing."""

    id: int
    participant_key: str
    enrolment: Enrolment


def enrol(contract: Contract, cohorts: Iterable[Cohort], enrolments: Iterable[Enrolment], new: Enrolment) -> bool:
    """Whether `new` is to be kept: False for one that the participant has already, whenever it ended. `enrolments` are
    the participant's. Errors: `cohort-unknown`, `outside-service-period`, `already-enrolled`."""
    cohort = next((cohort for cohort in cohorts if cohort.code == new.cohort), None)
    if cohort is None:
        allowed = "The code of a cohort of the terms."
        raise CohortUnknown(errors=[FieldError("/cohort", CohortUnknown.code, allowed)])
    in_cohort = [enrolment for enrolment in enrolments if enrolment.cohort == new.cohort]
    if any(enrolment.enrolled_on == new.enrolled_on for enrolment in in_cohort):
        return False
    first = max(contract.service_period.start, cohort.start or date.min)
    end = min(contract.service_period.end, cohort.end or date.max)
    if not first <= new.enrolled_on < end:
        allowed = f"From {first} to the day before {end}."
        raise OutsideServicePeriod(errors=[FieldError("/enrolledOn", OutsideServicePeriod.code, allowed)])
    if any(enrolment.holds(new.enrolled_on) or enrolment.enrolled_on > new.enrolled_on for enrolment in in_cohort):
        raise AlreadyEnrolled("Enrolment again begins when the one before it has ended.")
    return True


def leave(enrolments: Iterable[Enrolment], cohort: str, left_on: date) -> Enrolment | None:
    """The enrolment that ends on `left_on`, the first day outside the cohort. None when one ended on that day already.
    An enrolment made by mistake ends on the day on which it began. Errors: `not-in-cohort`."""
    in_cohort = [enrolment for enrolment in enrolments if enrolment.cohort == cohort]
    for enrolment in in_cohort:
        if enrolment.left_on is None and enrolment.enrolled_on <= left_on:
            return enrolment
    if any(enrolment.left_on == left_on for enrolment in in_cohort):
        return None
    raise NotInCohort("Someone who is enrolled there and has not left, on or after the day of enrolment.")
