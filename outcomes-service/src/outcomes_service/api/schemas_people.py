"""Door: the JSON shapes of cohorts and participants, and how values become them."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field

from outcomes_service.domain.contract import Cohort
from outcomes_service.domain.enrolment import Enrolled, Enrolment
from outcomes_service.usecases.enrol_participants import Enrolling
from outcomes_service.usecases.record_departures import Leaving
from services.kit.doors.shapes import Day, Shape

Code = Annotated[str, Field(min_length=1, max_length=32)]
ParticipantKey = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{16,128}$",
        description="Opaque, made outside Enzym: 16 to 128 of A-Z a-z 0-9 _ -, at least one of them a letter",
        examples=["q7Zk3vVhJx0aLrT2mNcYbD5e"],
    ),
]


class NewEnrolment(Shape):
    """A person in a cohort from a day on."""

    participant_key: ParticipantKey
    cohort: Code
    enrolled_on: Day

    def value(self) -> Enrolling:
        """As a value."""
        return Enrolling(self.participant_key, Enrolment(self.cohort, self.enrolled_on))


class EnrolmentBody(Shape):
    """What was kept of it; the key is not said again."""

    cohort: str
    enrolled_on: date


class ParticipantBody(Shape):
    """A person's time in a cohort, for those who may read participants."""

    participant_key: str
    cohort: str
    enrolled_on: date
    left_on: date | None = None

    @classmethod
    def of(cls, row: Enrolled) -> Self:
        """As JSON."""
        enrolment = row.enrolment
        return cls(
            participant_key=row.participant_key,
            cohort=enrolment.cohort,
            enrolled_on=enrolment.enrolled_on,
            left_on=enrolment.left_on,
        )


class ParticipantList(Shape):
    """One page of participants."""

    items: tuple[ParticipantBody, ...]
    next_cursor: str | None = None


class NewDeparture(Shape):
    """A person is in a cohort no longer; `leftOn` is the first day outside it."""

    participant_key: ParticipantKey
    cohort: Code
    left_on: Day

    def value(self) -> Leaving:
        """As a value."""
        return Leaving(self.participant_key, self.cohort, self.left_on)


class DepartureBody(Shape):
    """What was kept of it."""

    cohort: str
    left_on: date


class CohortBody(Shape):
    """A cohort of the terms. `people` were ever in it; absent where the count is too small to be shown."""

    code: str
    name: str
    start: date | None = None
    end: date | None = None
    size: int | None = None
    people: int | None = None

    @classmethod
    def of(cls, cohort: Cohort) -> Self:
        """As JSON."""
        return cls(
            code=cohort.code,
            name=cohort.name,
            start=cohort.start,
            end=cohort.end,
            size=cohort.size,
            people=cohort.people,
        )


class CohortList(Shape):
    """The cohorts of the terms in force."""

    items: tuple[CohortBody, ...]
