"""Domain: a scenario as claims and enrolments of people who do not exist: the same for the same scenario.

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
from settlement_service.domain.simulation.scenario import Model, Outcome, Scenario

Series: TypeAlias = tuple[str, str, str]
"""Metric, occurrence and series: a subject is counted or measured for each once."""
NOBODY = ""
"""The cohort of people who are enrolled in none."""


@dataclass(frozen=True, slots=True)
class HypotheticalOutcomes:
    """A scenario as claims, all of them decided, and enrolments."""

    claims: list[Claim]
    enrolments: list[Enrolled]


def numbers_of(model: Model, scenario: Scenario) -> dict[str, int]:
    """How many people each cohort has: the scenario's number, else the cohort's size in the terms, and then at least as
    many as outcomes count in it. People who are counted in no cohort, and for whom all cohorts together are too small,
    are put into the first cohort whose number the scenario leaves open."""
    cohorts = model.history.newest.cohorts
    numbers = {code: scenario.enrolled.get(code, model.size_of(cohort)) for code, cohort in cohorts.items()}
    wanted = _wanted(model, scenario)
    for by_cohort in wanted.values():
        for code, people in by_cohort.items():
            if code is not None and code not in scenario.enrolled:
                numbers[code] = max(numbers[code], people)
    open_cohort = next((code for code in cohorts if code not in scenario.enrolled), None if cohorts else NOBODY)
    for by_cohort in wanted.values():
        over = sum(by_cohort.values()) - sum(numbers.values())
        if over > 0 and None in by_cohort and open_cohort is not None:
            numbers[open_cohort] = numbers.get(open_cohort, 0) + over
    return numbers


def over_enrolled(model: Model, scenario: Scenario) -> list[int]:
    """The places of outcomes that count more people than the scenario has enrolled."""
    numbers = numbers_of(model, scenario)
    used: dict[tuple[Series, str | None], int] = {}
    places = []
    for place, outcome in enumerate(scenario.outcomes):
        if outcome.people is None:
            continue
        series = _series(model, outcome)
        cohorts = tuple(dict.fromkeys((outcome.cohort, None)))
        for cohort in cohorts:
            used[series, cohort] = used.get((series, cohort), 0) + outcome.people
        rooms = [sum(numbers.values()) if cohort is None else numbers[cohort] for cohort in cohorts]
        if any(used[series, cohort] > room for cohort, room in zip(cohorts, rooms, strict=True)):
            places.append(place)
    return places


def hypothetical_outcomes(model: Model, scenario: Scenario) -> HypotheticalOutcomes:
    """The claims and enrolments of a scenario."""
    return _Builder(model, scenario).all()


def _series(model: Model, outcome: Outcome) -> Series:
    return outcome.metric, model.occurrence(outcome) or "", outcome.series


def _wanted(model: Model, scenario: Scenario) -> Mapping[Series, dict[str | None, int]]:
    """How many people outcomes count in each cohort, and (None) in no cohort, by series."""
    wanted: dict[Series, dict[str | None, int]] = {}
    for outcome in scenario.outcomes:
        if outcome.people is not None:
            by_cohort = wanted.setdefault(_series(model, outcome), {})
            by_cohort[outcome.cohort] = by_cohort.get(outcome.cohort, 0) + outcome.people
    return wanted


@dataclass(slots=True)
class _Taken:
    """What outcomes of one series have taken so far: people, how many sites, the cohorts that they are of, how many
    claims were verified, and the last day of any."""

    people: set[UUID] = field(default_factory=set)
    cohorts: set[str] = field(default_factory=set)
    sites: int = 0
    verified: int = 0
    last: date = date.min


class _Builder:
    """Builds the claims and enrolments of one scenario."""

    def __init__(self, model: Model, scenario: Scenario) -> None:
        self._model, self._scenario = model, scenario
        self._contract = model.history.newest.contract_id
        self._people = {
            code: [person_of(self._contract, code, number) for number in range(count)]
            for code, count in numbers_of(model, scenario).items()
        }
        self._taken: dict[Series, _Taken] = {}
        self._claims: list[Claim] = []

    def all(self) -> HypotheticalOutcomes:
        for outcome in self._scenario.outcomes:
            self._take(outcome)
        for series, taken in self._taken.items():
            self._reject_rest(series, taken)
        return HypotheticalOutcomes(self._claims, list(self._enrolments()))

    def _take(self, outcome: Outcome) -> None:
        metric = self._model.history.metrics[outcome.metric]
        series, day = _series(self._model, outcome), self._model.day(outcome)
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
        if outcome.metric in self._model.exits:
            # Whoever leaves is none of those who achieve something, as long as there is anybody else.
            pool.reverse()
        people = pool[: outcome.people]
        taken.people.update(people)
        return people

    def _reject_rest(self, series: Series, taken: _Taken) -> None:
        """Rejected claims on a series. Where the denominator is who was measured, everybody else in the cohorts has
        one: they were measured, and did not achieve it. Elsewhere one is enough where nobody achieved anything: without
        a decision the figure would not be 0, but not yet measured."""
        metric = self._model.history.metrics[series[0]]
        if metric.reports == "measurement":
            return
        people = (person for code in sorted(taken.cohorts) for person in self._people[code])
        rejected = [person for person in people if person not in taken.people]
        if series[0] not in self._model.excluding:
            rejected = rejected[:1] if taken.verified == 0 else []
        if taken.verified == 0 and not rejected:
            rejected = [person_of(self._contract, NOBODY, 0)]
        for subject in rejected:
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
            estimator=self._model.history.metrics[outcome.metric].estimator,
            component=outcome.component,
        )

    def _enrolments(self) -> Iterator[Enrolled]:
        """Everybody is enrolled on the day on which the cohort starts, or else the outcome period."""
        if not self._model.measures:
            return
        terms = self._model.history.newest
        for code, people in self._people.items():
            cohort = terms.cohorts.get(code)
            day = (cohort and cohort.start) or terms.outcome_period.start
            yield from (Enrolled(person, code, day) for person in people)


@lru_cache(maxsize=1 << 16)
def person_of(contract_id: UUID, cohort: str, number: int) -> UUID:
    """The subject id of a person who does not exist, by cohort and number from 0."""
    return uuid5(contract_id, f"supposed/{cohort}/{number}")


@lru_cache(maxsize=1 << 16)
def _claim_id(contract_id: UUID, number: int) -> UUID:
    return uuid5(contract_id, f"supposed claim/{number}")
