"""Domain: the door for claims. It refuses only what cannot be a claim as things stand."""

import hmac
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from outcomes_service.domain.claim import Evidence
from outcomes_service.domain.contract import Contract, Metric, Terms
from outcomes_service.domain.deciding import ReporterNotAllowed
from outcomes_service.domain.enrolment import CohortUnknown, Participant
from outcomes_service.domain.measuring import units_of
from outcomes_service.domain.occurrence import occurrence_of
from outcomes_service.domain.references import check_external_id, check_participant_key
from outcomes_service.domain.subject import check_site, check_subject
from services.core.errors import Conflict, FieldError, Invalid
from services.core.measurement import Measurement
from services.core.subjects import subject_id_of


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
    """A live claim stands on the same outcome of the same subject, and for a measurement in the same series."""

    code = "occurrence-taken"
    title = "Another claim stands on this occurrence"


class ExternalIdTaken(Conflict):
    """The same external id stands with other content."""

    code = "external-id-taken"
    title = "This external id stands already, with other content"


class Reported(NamedTuple):
    """A claim as its reporter sends it. `occurrence` may be left out where there is only one. Its metric decides which
    one of `participant_key`, `cohort` and `site` is there, and whether `units` or `measurement`."""

    external_id: str
    metric: str
    participant_key: str | None
    cohort: str | None
    site: str | None
    occurrence: str | None
    achieved_on: date
    units: int | None
    measurement: Measurement | None
    evidence: tuple[Evidence, ...]


class Correction(NamedTuple):
    """Which claim a new one takes the place of, and the new one's id."""

    of: UUID
    by: UUID


class Content(NamedTuple):
    """What a claim says: the same external id may stand again only with the same content. `subject_code` is that of a
    cohort or a site; a participant has none."""

    metric: str
    subject_id: UUID
    subject_code: str | None
    occurrence: str
    achieved_on: date
    units: int
    measurement: Measurement | None
    evidence: tuple[Evidence, ...]

    @property
    def series(self) -> str:
        """What tells live claims on the same outcome apart: '' for units."""
        return self.measurement.series if self.measurement else ""


def admit(
    contract: Contract, participant: Participant | None, reported: Reported, by: str, today: date
) -> tuple[Metric, Content]:
    """What is claimed, if it can be claimed, and on which metric: that of the terms which decide on the day. Errors:
    those of `content_of`, and `reporter-not-allowed`, `claims-closed`, `evidence-required`, `outside-outcome-period`,
    `achieved-after-termination`, `not-enrolled`."""
    terms, metric = _metric_of(contract, reported)
    if metric.reported_by != by:
        raise ReporterNotAllowed("The organisation that the terms name as reportedBy.")
    content = _content(contract, terms, metric, participant, reported)
    contract.require_open(today)
    if metric.evidence_required and not reported.evidence:
        raise EvidenceRequired(errors=[FieldError("/evidence", EvidenceRequired.code, "At least one reference.")])
    _check_day(contract, reported.achieved_on)
    if metric.subject == "participant" and (participant is None or not participant.enrolled_on(reported.achieved_on)):
        raise _not_enrolled()
    return metric, content


def content_of(contract: Contract, participant: Participant | None, reported: Reported) -> Content:
    """What is said, whether or not it can be claimed. Errors: `external-id-not-valid`, `unknown-metric`,
    `occurrence-required`, `occurrence-unknown`, `participant-key-not-valid`, `not-enrolled`, `cohort-unknown`, and
    those of `check_subject`, `check_site` and `units_of`."""
    terms, metric = _metric_of(contract, reported)
    return _content(contract, terms, metric, participant, reported)


def _metric_of(contract: Contract, reported: Reported) -> tuple[Terms, Metric]:
    check_external_id(reported.external_id)
    terms = contract.terms_on(reported.achieved_on)
    metric = terms.metrics.get(reported.metric)
    if metric is None:
        allowed = "The code of a metric of the terms that decide on achievedOn."
        raise MetricUnknown(errors=[FieldError("/metric", MetricUnknown.code, allowed)])
    return terms, metric


def _content(
    contract: Contract, terms: Terms, metric: Metric, participant: Participant | None, reported: Reported
) -> Content:
    check_subject(metric, reported.participant_key, reported.cohort, reported.site)
    units = units_of(metric, reported.units, reported.measurement)
    occurrence = occurrence_of(metric, reported.occurrence)
    subject_id, code = _subject_of(contract, terms, participant, reported)
    return Content(
        metric.code,
        subject_id,
        code,
        occurrence,
        reported.achieved_on,
        units,
        reported.measurement,
        reported.evidence,
    )


def _subject_of(
    contract: Contract, terms: Terms, participant: Participant | None, reported: Reported
) -> tuple[UUID, str | None]:
    """The id of what the claim is about, and the code of a cohort or a site."""
    if reported.participant_key is not None:
        if participant is None:
            check_participant_key(reported.participant_key)
            raise _not_enrolled()
        return participant.subject_id, None
    if reported.cohort is not None:
        if reported.cohort not in terms.cohorts:
            allowed = "The code of a cohort of the terms that decide on achievedOn."
            raise CohortUnknown(errors=[FieldError("/cohort", CohortUnknown.code, allowed)])
        return subject_id_of(contract.id, "cohort", reported.cohort), reported.cohort
    site = check_site(reported.site or "")
    return subject_id_of(contract.id, "site", site), site


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
