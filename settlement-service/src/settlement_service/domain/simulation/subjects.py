"""Domain: a scenario as claims and enrolments of people who do not exist, the same whenever it is asked.

People of a cohort are numbered. Outcomes take them from the first on, and those of one metric and occurrence go on
where the one before stopped, so that no one is counted twice and who reaches a later point has reached an earlier one.
Neutral exits take them from the last on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID, uuid5

from services.core.measurement import Measurement
from services.core.subjects import subject_id_of
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.outcome_data import Enrolled
from settlement_service.domain.simulation.scenario import Asked, Outcome, Scenario

Series: TypeAlias = tuple[str, str, str]
"""Metric, occurrence and series: what one subject is counted or measured for once."""
NOBODY = ""
"""The cohort of people who are enrolled in none."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """What a scenario comes to: claims that are decided, and who is enrolled."""

    claims: list[Claim]
    enrolments: list[Enrolled]


def numbers_of(asked: Asked, scenario: Scenario) -> dict[str, int]:
    """How many people each cohort has: as is said, else its size in the terms, and at least as many as are counted
    in it. Who is counted in no cohort and has no place in one is of the first whose number is not said."""
    cohorts = asked.history.newest.cohorts
    numbers = {code: scenario.enrolled.get(code, asked.size_of(cohort)) for code, cohort in cohorts.items()}
    wanted = _wanted(asked, scenario)
    for by_cohort in wanted.values():
        for code, people in by_cohort.items():
            if code is not None and code not in scenario.enrolled:
                numbers[code] = max(numbers[code], people)
    rest = next((code for code in cohorts if code not in scenario.enrolled), None if cohorts else NOBODY)
    for by_cohort in wanted.values():
        over = sum(by_cohort.values()) - sum(numbers.values())
        if over > 0 and None in by_cohort and rest is not None:
            numbers[rest] = numbers.get(rest, 0) + over
    return numbers


def over_enrolled(asked: Asked, scenario: Scenario) -> list[int]:
    """The places of outcomes that count more people than are said to be enrolled."""
    numbers = numbers_of(asked, scenario)
    used: dict[tuple[Series, str | None], int] = {}
    found = []
    for place, outcome in enumerate(scenario.outcomes):
        if outcome.people is None:
            continue
        series = _series(asked, outcome)
        cohorts = tuple(dict.fromkeys((outcome.cohort, None)))
        for cohort in cohorts:
            used[series, cohort] = used.get((series, cohort), 0) + outcome.people
        rooms = [sum(numbers.values()) if cohort is None else numbers[cohort] for cohort in cohorts]
        if any(used[series, cohort] > room for cohort, room in zip(cohorts, rooms, strict=True)):
            found.append(place)
    return found


def supposed(asked: Asked, scenario: Scenario) -> Supposed:
    """The claims and enrolments of a scenario."""
    return _Supposing(asked, scenario).all()


def _series(asked: Asked, outcome: Outcome) -> Series:
    return outcome.metric, asked.occurrence(outcome) or "", outcome.series


def _wanted(asked: Asked, scenario: Scenario) -> Mapping[Series, dict[str | None, int]]:
    """How many people are counted in each cohort, and in none, by what they are counted for."""
    found: dict[Series, dict[str | None, int]] = {}
    for outcome in scenario.outcomes:
        if outcome.people is not None:
            of = found.setdefault(_series(asked, outcome), {})
            of[outcome.cohort] = of.get(outcome.cohort, 0) + outcome.people
    return found


@dataclass(slots=True)
class _Taken:
    """Who is counted for one series already, in which cohorts it is looked at, and on which day last."""

    people: set[UUID] = field(default_factory=set)
    cohorts: set[str] = field(default_factory=set)
    sites: int = 0
    verified: int = 0
    last: date = date.min


class _Supposing:
    """One scenario on its way to claims."""

    def __init__(self, asked: Asked, scenario: Scenario) -> None:
        self._asked, self._scenario = asked, scenario
        self._contract = asked.history.newest.contract_id
        self._people = {
            code: [person_of(self._contract, code, number) for number in range(count)]
            for code, count in numbers_of(asked, scenario).items()
        }
        self._taken: dict[Series, _Taken] = {}
        self._claims: list[Claim] = []

    def all(self) -> Supposed:
        for outcome in self._scenario.outcomes:
            self._take(outcome)
        for series, taken in self._taken.items():
            self._reject_rest(series, taken)
        return Supposed(self._claims, list(self._enrolments()))

    def _take(self, outcome: Outcome) -> None:
        metric = self._asked.history.metrics[outcome.metric]
        series, day = _series(self._asked, outcome), self._asked.day(outcome)
        taken = self._taken.setdefault(series, _Taken())
        taken.last = max(taken.last, day)
        if metric.subject == "participant":
            subjects = self._next_people(outcome, taken)
        elif metric.subject == "cohort":
            subjects = [subject_id_of(self._contract, "cohort", outcome.cohort or "")]
        elif outcome.site is not None:
            subjects = [subject_id_of(self._contract, "site", outcome.site)]
        else:
            first = taken.sites + 1
            taken.sites += outcome.sites or 0
            subjects = [subject_id_of(self._contract, "site", f"supposed-{n}") for n in range(first, taken.sites + 1)]
        taken.verified += len(subjects)
        for subject in subjects:
            self._claim(series, subject, day, outcome)

    def _next_people(self, outcome: Outcome, taken: _Taken) -> list[UUID]:
        cohorts = [outcome.cohort] if outcome.cohort is not None else list(self._people)
        taken.cohorts.update(cohorts)
        pool = [person for code in cohorts for person in self._people[code] if person not in taken.people]
        if outcome.metric in self._asked.exits:
            pool.reverse()
        found = pool[: outcome.people]
        taken.people.update(found)
        return found

    def _reject_rest(self, series: Series, taken: _Taken) -> None:
        """Where only who was measured counts, everybody else of the cohorts was, and did not achieve it. Where nobody
        achieved anything, one decision says that it was looked at."""
        metric = self._asked.history.metrics[series[0]]
        if metric.reports == "measurement":
            return
        rest = [one for code in sorted(taken.cohorts) for one in self._people[code] if one not in taken.people]
        if series[0] not in self._asked.excluding:
            rest = rest[:1] if taken.verified == 0 else []
        if taken.verified == 0 and not rest:
            rest = [person_of(self._contract, NOBODY, 0)]
        for subject in rest:
            self._claim(series, subject, taken.last, None)

    def _claim(self, series: Series, subject: UUID, day: date, outcome: Outcome | None) -> None:
        metric, occurrence, _ = series
        number = len(self._claims)
        self._claims.append(
            Claim(
                id=_claim_id(self._contract, number),
                metric=metric,
                subject_id=subject,
                occurrence=occurrence,
                achieved_on=day,
                units=0 if outcome is None or outcome.value is not None else outcome.units or 1,
                reported_by="",
                order_key=f"{number:09d}",
                measurement=None if outcome is None else self._measurement(outcome),
                state="rejected" if outcome is None else "verified",
            )
        )

    def _measurement(self, outcome: Outcome) -> Measurement | None:
        if outcome.value is None:
            return None
        return Measurement(
            value=outcome.value,
            arm=outcome.arm,
            n=outcome.n,
            standard_error=outcome.standard_error,
            estimator=self._asked.history.metrics[outcome.metric].estimator,
            component=outcome.component,
        )

    def _enrolments(self) -> Iterator[Enrolled]:
        """Everybody is enrolled when the cohort starts, or the outcome period does."""
        if not self._asked.measures:
            return
        terms = self._asked.history.newest
        for code, people in self._people.items():
            cohort = terms.cohorts.get(code)
            day = (cohort and cohort.start) or terms.outcome_period.start
            yield from (Enrolled(person, code, day) for person in people)


@lru_cache(maxsize=1 << 16)
def person_of(contract_id: UUID, cohort: str, number: int) -> UUID:
    """Somebody of a cohort who does not exist."""
    return uuid5(contract_id, f"supposed/{cohort}/{number}")


@lru_cache(maxsize=1 << 16)
def _claim_id(contract_id: UUID, number: int) -> UUID:
    return uuid5(contract_id, f"supposed claim/{number}")
