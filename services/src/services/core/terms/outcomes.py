"""Core: the part `outcomes` of the terms: what is measured, on whom, and who says and decides it."""

from datetime import date
from typing import Literal, TypeAlias

from services.core.terms.parties import Role
from services.core.values import value

SubjectKind: TypeAlias = Literal["participant", "cohort", "site"]
UnitOfMetric: TypeAlias = Literal["outcome", "day", "point", "share", "amount"]
Reports: TypeAlias = Literal["units", "measurement"]
Arm: TypeAlias = Literal["intervention", "comparison", "baseline"]

AGREEMENT = "agreement"
"""`disputes_decided_by`: reporter and verifier both state the same second decision."""
MAX_SUBJECTS = 10_000_000
"""How many a cohort has at most, and how many a share is of."""


@value
class MeasurementPoint:
    """When a metric is due, such as `6m` after the start. Its code is an occurrence of the metric; points stand in the
    order of time, which `carried` and cumulative savings go by."""

    code: str
    name: str


@value
class IfNotDecided:
    """What happens when a claim has waited for its verifier longer than so many days, counted where the contract lives
    from the day after it was recorded: who decides disputes may decide on it too (`escalate`), or it is taken to be
    verified (`accept`). Both are told."""

    after_days: int
    then: Literal["escalate", "accept"]


@value
class Metric:
    """What is measured, who says so, who checks it and who decides when they differ (organisation ids).

    `subject` says what a claim on it is about: a participant, a cohort of the terms, or a site (a village, a school).
    `units` are counted (payable occurrences); a `measurement` is a value with its n, standard error and arm, of the
    `estimator` that was agreed, where one is named. `prerequisite` is a metric that the same subject must have
    achieved, no later, for a claim to be payable. Without `if_not_decided` a claim waits for its verifier for ever.
    """

    code: str
    name: str
    subject: SubjectKind
    unit: UnitOfMetric
    reports: Reports
    reported_by: str
    verified_by: str
    disputes_decided_by: str
    dispute_days: int = 30
    if_not_decided: IfNotDecided | None = None
    use: Literal["paid", "observed"] = "paid"
    max_payments_per_person: int = 1
    prerequisite: str | None = None
    measurement_points: tuple[MeasurementPoint, ...] = ()
    estimator: str | None = None
    evidence_required: bool = False

    def rank(self, occurrence: str) -> tuple[int, str]:
        """Measurement points in the order of the terms, ordinals by number, anything else after all."""
        points = [point.code for point in self.measurement_points]
        if occurrence in points:
            return points.index(occurrence), occurrence
        return (int(occurrence) if occurrence.isascii() and occurrence.isdecimal() else AFTER_ALL), occurrence


AFTER_ALL = 1 << 30
"""The rank of an occurrence that is neither a measurement point nor an ordinal."""


@value
class Cohort:
    """A named group of participants; enrolment lies in `[start, end)` where these are given."""

    code: str
    name: str
    start: date | None = None
    end: date | None = None
    size: int | None = None


@value
class Outcomes:
    """The part `outcomes`: metrics and cohorts. `readable_by` names roles; absent means every party."""

    metrics: tuple[Metric, ...]
    cohorts: tuple[Cohort, ...]
    readable_by: tuple[Role, ...] | None = None
