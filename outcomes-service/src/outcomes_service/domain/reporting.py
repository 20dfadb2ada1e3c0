"""Domain: the door for claims. It refuses only what cannot be a claim as things stand."""

import hmac
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from outcomes_service.domain.claim import Evidence
from outcomes_service.domain.contract import Contract
from outcomes_service.domain.deciding import ReporterNotAllowed
from outcomes_service.domain.enrolment import Participant
from outcomes_service.domain.occurrence import occurrence_of
from outcomes_service.domain.references import check_external_id, check_participant_key
from services.core.errors import Conflict, FieldError, Invalid


class MetricUnknown(Invalid):
    """Not a metric of the terms."""

    code = "unknown-metric"
    title = "The terms have no such metric"


class NotEnrolled(Invalid):
    """Nobody of that key was enrolled on the day of the outcome."""

    code = "not-enrolled"
    title = "No participant of this key was enrolled on that day"


class OutsideOutcomePeriod(Invalid):
    """Achieved on a day on which nothing counts."""

    code = "outside-outcome-period"
    title = "Achieved outside the outcome period"


class AchievedAfterTermination(Invalid):
    """Achieved when the contract had ended."""

    code = "achieved-after-termination"
    title = "Achieved after the contract was terminated"


class EvidenceRequired(Invalid):
    """The terms require evidence on this metric."""

    code = "evidence-required"
    title = "A claim on this metric names its evidence"


class OccurrenceTaken(Conflict):
    """A live claim stands on the same outcome of the same person."""

    code = "occurrence-taken"
    title = "Another claim stands on this occurrence"


class ExternalIdTaken(Conflict):
    """The same external id stands with other content."""

    code = "external-id-taken"
    title = "This external id stands already, with other content"


class Reported(NamedTuple):
    """A claim as its reporter sends it. `occurrence` may be left out where there is only one."""

    external_id: str
    metric: str
    participant_key: str
    occurrence: str | None
    achieved_on: date
    units: int
    evidence: tuple[Evidence, ...]


class Correction(NamedTuple):
    """Which claim a new one takes the place of, and the new one's id."""

    of: UUID
    by: UUID


class Content(NamedTuple):
    """What a claim says: the same external id may stand again only with the same content."""

    metric_id: int
    subject_id: UUID
    occurrence: str
    achieved_on: date
    units: int
    evidence: tuple[Evidence, ...]


def admit(contract: Contract, participant: Participant | None, reported: Reported, by: str, today: date) -> Content:
    """What is claimed, if it can be claimed. Errors: those of `content_of`, and `claims-closed`,
    `reporter-not-allowed`, `evidence-required`, `outside-outcome-period`, `achieved-after-termination`,
    `not-enrolled`."""
    content = content_of(contract, participant, reported)
    contract.require_open(today)
    metric = contract.metrics[reported.metric]
    if metric.reported_by != by:
        raise ReporterNotAllowed("The organisation that the terms name as reportedBy.")
    if metric.evidence_required and not reported.evidence:
        raise EvidenceRequired(errors=[FieldError("/evidence", EvidenceRequired.code, "At least one reference.")])
    _check_day(contract, reported.achieved_on)
    if participant is None or not participant.enrolled_on(reported.achieved_on):
        raise _not_enrolled()
    return content


def content_of(contract: Contract, participant: Participant | None, reported: Reported) -> Content:
    """What is said, whether or not it can be claimed. Errors: `external-id-not-valid`, `unknown-metric`,
    `occurrence-required`, `occurrence-unknown`, `participant-key-not-valid`, `not-enrolled`."""
    check_external_id(reported.external_id)
    metric = contract.metrics.get(reported.metric)
    if metric is None:
        raise MetricUnknown(errors=[FieldError("/metric", MetricUnknown.code, "The code of a metric of the terms.")])
    occurrence = occurrence_of(metric, reported.occurrence)
    if participant is None:
        check_participant_key(reported.participant_key)
        raise _not_enrolled()
    return Content(
        metric.id, participant.subject_id, occurrence, reported.achieved_on, reported.units, reported.evidence
    )


def _not_enrolled() -> NotEnrolled:
    allowed = "A participant who was enrolled, and had not left, on achievedOn."
    return NotEnrolled(errors=[FieldError("/participantKey", NotEnrolled.code, allowed)])


def _check_day(contract: Contract, achieved_on: date) -> None:
    at = "/achievedOn"
    period, terminated_on = contract.outcome_period, contract.terminated_on
    if not period.holds(achieved_on):
        allowed = f"From {period.start} to the day before {period.end}."
        raise OutsideOutcomePeriod(errors=[FieldError(at, OutsideOutcomePeriod.code, allowed)])
    if terminated_on is not None and achieved_on >= terminated_on:
        allowed = f"A day before {terminated_on}."
        raise AchievedAfterTermination(errors=[FieldError(at, AchievedAfterTermination.code, allowed)])


def order_keys(secret: bytes, reporter: str, external_ids: Iterable[str]) -> list[str]:
    """For each claim of a reporter what orders it, under a cap, among claims of one day, without telling when it
    arrived or what it is called: 32 hex digits of HMAC-SHA256(secret, reporter NUL external id)."""
    begun = hmac.new(secret, f"{reporter}\0".encode(), "sha256")
    keys = []
    for external_id in external_ids:
        this = begun.copy()
        this.update(external_id.encode())
        keys.append(this.hexdigest()[:32])
    return keys
