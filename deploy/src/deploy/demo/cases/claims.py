"""Deploy: the claims of a case and the decision on each; synthetic where only counts are known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from deploy.demo.cases.case import Case, Decision, ParticipantOutcomes, SingleClaim, SiteOutcomes
from deploy.demo.cases.participants import Participant, dice, participants_of, seed
from services.core.measurement import Measurement
from services.kit.doors import shapes

STEP_DAYS, LEAD_DAYS = 90, 30
"""At most so many days from one outcome of a person to the next, and from enrolment to the first."""
LONGEST_ID = 64

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class DecidedClaim:
    """A row of POST /v1/contracts/{id}/claims, and the verifier's decision on it."""

    row: Mapping[str, Any]
    decision: Decision

    @property
    def external_id(self) -> str:
        """The reporter's own number."""
        return str(self.row["externalId"])


def claims_of(case: Case) -> list[DecidedClaim]:
    """All claims of a case: of participants and of sites metric by metric, then the single claims."""
    claims: list[DecidedClaim] = []
    participants = participants_of(case)
    for of_participants in case.outcomes.participants:
        achieved = _achieved_by(case, of_participants, participants)
        rows = [_participant_row(case, of_participants, participant, turn) for participant, turn in achieved]
        claims += _decided(rows, of_participants.rejected)
    for of_sites in case.outcomes.sites:
        sites = _spread(of_sites, range(1, of_sites.sites + 1))
        rows = [_site_row(case, of_sites, number, turn) for number, turn in sites]
        claims += _decided(rows, of_sites.rejected)
    single = enumerate(case.outcomes.claims, start=1)
    return claims + [_single_claim(case, place, claim, participants) for place, claim in single]


def claim_rows(case: Case) -> list[Mapping[str, Any]]:
    """The rows alone."""
    return [claim.row for claim in claims_of(case)]


def rejected_ids(case: Case) -> frozenset[str]:
    """The external ids of the claims that the verifier rejects."""
    return frozenset(claim.external_id for claim in claims_of(case) if claim.decision == "rejected")


def correction_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same outcome one day earlier, under an external id of its own."""
    earlier = date.fromisoformat(row["achievedOn"]) - timedelta(days=1)
    return {**row, "externalId": f"{row['externalId']}-corrected", "achievedOn": earlier.isoformat()}


def _decided(rows: list[dict[str, Any]], rejected: int) -> list[DecidedClaim]:
    """The last ones are rejected, because in a row of outcomes their participants go no farther."""
    verified = len(rows) - rejected
    return [DecidedClaim(row, "verified" if place < verified else "rejected") for place, row in enumerate(rows)]


def _achieved_by(
    case: Case, outcomes: ParticipantOutcomes, participants: list[Participant]
) -> Iterator[tuple[Participant, int]]:
    """The participants who achieved an outcome, and which turn of theirs it was, from 0. All metrics of a row rank
    participants by its first metric, so that who has a later one has the earlier ones."""
    rows = [row for row in case.outcomes.one_after_another if outcomes.metric in row]
    ranked_by = rows[0][0] if rows else outcomes.metric
    cohort = [participant for participant in participants if outcomes.cohort in (None, participant.cohort)]
    ranked = sorted(cohort, key=lambda participant: seed(case.id, ranked_by, participant.number))
    return _spread(outcomes, ranked[: outcomes.people])


def _spread(outcomes: ParticipantOutcomes | SiteOutcomes, subjects: Sequence[Subject]) -> Iterator[tuple[Subject, int]]:
    """Units over subjects, as evenly as can be; the first subjects have one more. 3 units over 2 subjects give
    (first, 0), (second, 0), (first, 1)."""
    units = len(subjects) if outcomes.units is None else outcomes.units
    for place in range(units):
        yield subjects[place % len(subjects)], place // len(subjects)


def _participant_row(case: Case, outcomes: ParticipantOutcomes, participant: Participant, turn: int) -> dict[str, Any]:
    occurrence, place = _occurrence(case, outcomes, turn)
    day = participant.enrolled_on + timedelta(days=_days_to_outcome(case, outcomes.metric, place, participant))
    key = f"{participant.number:03d}-{outcomes.metric}"
    return _row(case, key, outcomes.metric, {"participantKey": participant.key}, occurrence, day)


def _days_to_outcome(case: Case, metric: str, place: int, participant: Participant) -> int:
    """Days from enrolment to an outcome, which is the one at `place` in the participant's row of outcomes."""
    left = (case.outcome_period.end - participant.enrolled_on).days
    lead = min(LEAD_DAYS, left // 4)
    step = max(min(STEP_DAYS, (left - lead) // _longest_row(case)), 1)
    before = sum(row.index(metric) for row in case.outcomes.one_after_another if metric in row)
    days = lead + (before + place) * step + dice(step, case.id, "days", metric, participant.number)
    return min(days, left - 1)


def _longest_row(case: Case) -> int:
    """How many steps the longest row of outcomes has, each outcome as often as it can happen."""
    rows = [len(row) for row in case.outcomes.one_after_another] or [1]
    repeats = [len(_occurrences(case, outcomes.metric)) for outcomes in case.outcomes.participants] or [1]
    return max(rows) + max(repeats) - 1


def _site_row(case: Case, outcomes: SiteOutcomes, number: int, turn: int) -> dict[str, Any]:
    occurrence, place = _occurrence(case, outcomes, turn)
    period = case.outcome_period
    days = max((period.end - period.start).days // len(_occurrences(case, outcomes.metric)), 1)
    day = period.start + timedelta(days=place * days + dice(days, case.id, "days", outcomes.metric, number))
    site = f"site-{number:04d}"
    return _row(case, f"{site}-{outcomes.metric}", outcomes.metric, {"site": site}, occurrence, day)


def _single_claim(case: Case, place: int, claim: SingleClaim, participants: list[Participant]) -> DecidedClaim:
    codes = {"cohort": claim.cohort, "site": claim.site}
    if claim.participant is not None:
        codes["participantKey"] = participants[claim.participant - 1].key
    subject = {name: code for name, code in codes.items() if code is not None}
    row = _row(case, f"claim-{place:03d}", claim.metric, subject, claim.occurrence, claim.achieved_on)
    if claim.units is not None:
        row["units"] = str(claim.units)
    if claim.measurement is not None:
        row["measurement"] = _measurement(claim.measurement)
    return DecidedClaim(row, claim.decision)


def _measurement(measurement: Measurement) -> dict[str, Any]:
    """The measurement of a row: quantities are texts, whole ones too."""
    document: dict[str, Any] = shapes.document(measurement)
    return document if measurement.n is None else {**document, "n": str(measurement.n)}


def _occurrences(case: Case, code: str) -> list[str]:
    """The occurrences that a metric has for one subject, in the order of time."""
    metric = case.metric(code)
    points = [point["code"] for point in metric.get("measurementPoints", ())]
    return points or [str(number) for number in range(1, metric.get("maxPaymentsPerPerson", 1) + 1)]


def _occurrence(case: Case, outcomes: ParticipantOutcomes | SiteOutcomes, turn: int) -> tuple[str | None, int]:
    """The occurrence (None where there is one alone), and its place among them."""
    occurrences = _occurrences(case, outcomes.metric)
    place = turn if outcomes.occurrence is None else occurrences.index(outcomes.occurrence)
    return (occurrences[place] if len(occurrences) > 1 else None), place


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
