"""Deploy: what is claimed in a case, row by row, and what is decided on each: synthetic where only counts are known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from deploy.demo.cases.case import Case, Decision, OfPeople, OfSites, OneClaim
from deploy.demo.cases.participants import Participant, dice, participants_of, seed
from services.core.measurement import Measurement
from services.kit.doors import shapes

STEP_DAYS, LEAD_DAYS = 90, 30
"""At most so many days from one outcome of a person to the next, and from enrolment to the first."""
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row of POST /v1/contracts/{id}/claims, and the decision on it."""

    row: Mapping[str, Any]
    decision: Decision

    @property
    def external_id(self) -> str:
        """The reporter's own number."""
        return str(self.row["externalId"])


def claims_of(case: Case) -> list[Claimed]:
    """Everything that is claimed: of participants and of sites metric by metric, then claim by claim."""
    told = case.outcomes
    claims: list[Claimed] = []
    people = participants_of(case)
    for of_people in told.participants:
        rows = [_of_person(case, of_people, *one) for one in _people_of(case, of_people, people)]
        claims += _decided(rows, of_people.rejected)
    for of_sites in told.sites:
        rows = [_of_site(case, of_sites, *one) for one in _spread(of_sites, range(1, of_sites.sites + 1))]
        claims += _decided(rows, of_sites.rejected)
    return claims + [_one(case, place, one, people) for place, one in enumerate(told.claims, start=1)]


def claim_rows(case: Case) -> list[Mapping[str, Any]]:
    """The rows alone."""
    return [one.row for one in claims_of(case)]


def rejected_ids(case: Case) -> frozenset[str]:
    """The external ids of the claims that the verifier rejects."""
    return frozenset(one.external_id for one in claims_of(case) if one.decision == "rejected")


def correction_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same outcome told again with another date, under an external id of its own."""
    earlier = date.fromisoformat(row["achievedOn"]) - timedelta(days=1)
    return {**row, "externalId": f"{row['externalId']}-corrected", "achievedOn": earlier.isoformat()}


def _decided(rows: list[dict[str, Any]], rejected: int) -> list[Claimed]:
    """The last ones are rejected: of a row of outcomes, those who go no farther."""
    holds = len(rows) - rejected
    return [Claimed(row, "verified" if place < holds else "rejected") for place, row in enumerate(rows)]


def _people_of(case: Case, told: OfPeople, people: list[Participant]) -> Iterator[tuple[Participant, int]]:
    """Who achieved it, and which turn it was. Of a row of outcomes that follow each other, who has the later has the
    earlier: all of a row rank people alike."""
    rows = [row for row in case.outcomes.one_after_another if told.metric in row]
    by = rows[0][0] if rows else told.metric
    able = [one for one in people if told.cohort in (None, one.cohort)]
    ranked = sorted(able, key=lambda one: seed(case.id, by, one.number))
    return _spread(told, ranked[: told.people])


def _spread(told: OfPeople | OfSites, subjects: Any) -> Iterator[tuple[Any, int]]:
    """Units over subjects, as evenly as can be, the first ones having one more: (subject, its turn from 0)."""
    chosen = list(subjects)
    units = len(chosen) if told.units is None else told.units
    for place in range(units):
        yield chosen[place % len(chosen)], place // len(chosen)


def _of_person(case: Case, told: OfPeople, one: Participant, turn: int) -> dict[str, Any]:
    occurrence, place = _occurrence(case, told, turn)
    day = one.enrolled_on + timedelta(days=_days(case, told.metric, place, one))
    key = f"{one.number:03d}-{told.metric}"
    return _row(case, key, told.metric, {"participantKey": one.key}, occurrence, day)


def _days(case: Case, metric: str, place: int, one: Participant) -> int:
    """From enrolment to the outcome that stands at `place` in the person's row of outcomes."""
    left = (case.outcome_period.end - one.enrolled_on).days
    lead = min(LEAD_DAYS, left // 4)
    step = max(min(STEP_DAYS, (left - lead) // _longest(case)), 1)
    before = sum(row.index(metric) for row in case.outcomes.one_after_another if metric in row)
    days = lead + (before + place) * step + dice(step, case.id, "days", metric, one.number)
    return min(days, left - 1)


def _longest(case: Case) -> int:
    """How many steps the longest row of outcomes has, each outcome as often as it can happen."""
    rows = [len(row) for row in case.outcomes.one_after_another] or [1]
    again = [len(_occurrences(case, told.metric)) for told in case.outcomes.participants] or [1]
    return max(rows) + max(again) - 1


def _of_site(case: Case, told: OfSites, number: int, turn: int) -> dict[str, Any]:
    occurrence, place = _occurrence(case, told, turn)
    period = case.outcome_period
    room = max((period.end - period.start).days // len(_occurrences(case, told.metric)), 1)
    day = period.start + timedelta(days=place * room + dice(room, case.id, "days", told.metric, number))
    site = f"site-{number:04d}"
    return _row(case, f"{site}-{told.metric}", told.metric, {"site": site}, occurrence, day)


def _one(case: Case, place: int, claim: OneClaim, people: list[Participant]) -> Claimed:
    told = {"cohort": claim.cohort, "site": claim.site}
    if claim.participant is not None:
        told["participantKey"] = people[claim.participant - 1].key
    subject = {name: code for name, code in told.items() if code is not None}
    row = _row(case, f"claim-{place:03d}", claim.metric, subject, claim.occurrence, claim.achieved_on)
    if claim.units is not None:
        row["units"] = str(claim.units)
    if claim.measurement is not None:
        row["measurement"] = _measured(claim.measurement)
    return Claimed(row, claim.decision)


def _measured(measurement: Measurement) -> dict[str, Any]:
    """As a row says it: quantities are texts, whole ones too."""
    told: dict[str, Any] = shapes.document(measurement)
    return told if measurement.n is None else {**told, "n": str(measurement.n)}


def _occurrences(case: Case, code: str) -> list[str]:
    """What a metric can be claimed for, for one subject, in the order of time."""
    metric = case.metric(code)
    points = [point["code"] for point in metric.get("measurementPoints", ())]
    return points or [str(number) for number in range(1, metric.get("maxPaymentsPerPerson", 1) + 1)]


def _occurrence(case: Case, told: OfPeople | OfSites, turn: int) -> tuple[str | None, int]:
    """The occurrence, where there is more than one, and its place among them."""
    known = _occurrences(case, told.metric)
    place = turn if told.occurrence is None else known.index(told.occurrence)
    return (known[place] if len(known) > 1 else None), place


def _row(
    case: Case, key: str, metric: str, subject: Mapping[str, str], occurrence: str | None, day: date
) -> dict[str, Any]:
    external_id = "-".join([case.id, key, *([occurrence] if occurrence else [])])
    if len(external_id) > LONGEST_ID:
        external_id = f"{key[:23]}-{seed(external_id).hex()[:40]}"
    row: dict[str, Any] = {"externalId": external_id, "metric": metric, **subject}
    if occurrence is not None:
        row["occurrence"] = occurrence
    return {**row, "achievedOn": day.isoformat(), "evidence": [_evidence(case, external_id)]}


def _evidence(case: Case, external_id: str) -> Mapping[str, str]:
    """A reference into the reporter's own files, and a keyed hash of a document that never leaves them."""
    return {"reference": f"case-file-{external_id}", "hmacSha256": seed(case.id, "evidence", external_id).hex()}
