"""Tests: who may be put into which cohort, and when one leaves it."""

from datetime import date

import pytest

from outcomes_service.domain.contract import Cohort
from outcomes_service.domain.enrolment import (
    AlreadyEnrolled,
    CohortUnknown,
    Enrolment,
    NotInCohort,
    OutsideServicePeriod,
    enrol,
    leave,
)

from ..builders import a_contract

CONTRACT = a_contract()
COHORTS = (
    Cohort("first", "First", None, None, None, 0),
    Cohort("second", "Second", date(2025, 1, 1), date(2026, 1, 1), 10, 0),
)
IN_FIRST = Enrolment("first", date(2024, 3, 1))
LEFT_FIRST = Enrolment("first", date(2024, 3, 1), date(2024, 5, 1))


def test_somebody_new_is_enrolled() -> None:
    assert enrol(CONTRACT, COHORTS, (), Enrolment("first", date(2024, 1, 1)))


def test_the_same_again_is_replayed_also_when_it_has_ended() -> None:
    assert not enrol(CONTRACT, COHORTS, (IN_FIRST,), IN_FIRST)
    assert not enrol(CONTRACT, COHORTS, (LEFT_FIRST,), IN_FIRST)


def test_somebody_may_be_in_two_cohorts_at_once() -> None:
    assert enrol(CONTRACT, COHORTS, (IN_FIRST,), Enrolment("second", date(2025, 1, 1)))


@pytest.mark.parametrize("day", [date(2024, 2, 1), date(2024, 4, 30), date(2024, 3, 2)])
def test_nobody_is_in_a_cohort_twice_at_once(day: date) -> None:
    with pytest.raises(AlreadyEnrolled):
        enrol(CONTRACT, COHORTS, (LEFT_FIRST,), Enrolment("first", day))


def test_who_left_may_come_back_from_that_day_on() -> None:
    assert enrol(CONTRACT, COHORTS, (LEFT_FIRST,), Enrolment("first", date(2024, 5, 1)))


def test_a_cohort_is_one_of_the_terms() -> None:
    with pytest.raises(CohortUnknown):
        enrol(CONTRACT, COHORTS, (), Enrolment("third", date(2024, 3, 1)))


@pytest.mark.parametrize(
    ("cohort", "day"),
    [
        ("first", date(2023, 12, 31)),
        ("first", date(2040, 1, 1)),
        ("second", date(2024, 12, 31)),
        ("second", date(2026, 1, 1)),
    ],
)
def test_enrolment_lies_in_the_service_period_and_in_the_cohorts_own(cohort: str, day: date) -> None:
    with pytest.raises(OutsideServicePeriod):
        enrol(CONTRACT, COHORTS, (), Enrolment(cohort, day))


def test_leaving_ends_the_open_enrolment() -> None:
    assert leave((LEFT_FIRST, Enrolment("first", date(2024, 8, 1))), "first", date(2024, 9, 1)) == Enrolment(
        "first", date(2024, 8, 1)
    )


def test_leaving_on_the_day_of_enrolment_undoes_it() -> None:
    assert leave((IN_FIRST,), "first", date(2024, 3, 1)) == IN_FIRST
    assert not Enrolment("first", date(2024, 3, 1), date(2024, 3, 1)).holds(date(2024, 3, 1))


def test_the_same_departure_again_is_replayed() -> None:
    assert leave((LEFT_FIRST,), "first", date(2024, 5, 1)) is None


@pytest.mark.parametrize(
    ("there", "cohort", "day"),
    [
        ((), "first", date(2024, 5, 1)),
        ((IN_FIRST,), "second", date(2024, 5, 1)),
        ((IN_FIRST,), "first", date(2024, 2, 29)),
        ((LEFT_FIRST,), "first", date(2024, 5, 2)),
    ],
)
def test_who_is_not_there_does_not_leave(there: tuple[Enrolment, ...], cohort: str, day: date) -> None:
    with pytest.raises(NotInCohort):
        leave(there, cohort, day)
