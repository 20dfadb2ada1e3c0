"""Domain: what this service knows of a contract: who may report, decide and read what, and until when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from services.core.access import require_role
from services.core.disclosure import FEWEST
from services.core.errors import Conflict, NotFound
from services.core.period import Period, local_date
from services.core.terms.outcomes import AGREEMENT, IfNotDecided, Reports, SubjectKind, UnitOfMetric
from services.core.terms.parties import NEVER_AT_CLAIMS, Party, Role

AT_CLAIMS: tuple[Role, ...] = ("payer", "provider", "evaluator", "intermediary")
"""Roles that may have to do with participants and claims; an investor and a guarantor never see one."""
EXACT_COUNTS: tuple[Role, ...] = ("payer", "provider", "evaluator")
"""Roles that see counts of people however small; to the others fewer than FEWEST are not shown."""
ENROLLING: tuple[Role, ...] = ("payer", "provider")


class ClaimsClosed(Conflict):
    """After the day until which claims are made, decided and corrected."""

    code = "claims-closed"
    title = "Claims on this contract are closed"


@dataclass(frozen=True)
class Metric:
    """A metric of one version of the terms. `id` is this service's own. `points` are codes of measurement points.
    `components` are the purses whose savings this metric measures. `component_required` says that each measurement
    names one of them: nothing else is paid by this metric."""

    id: int
    code: str
    subject: SubjectKind
    unit: UnitOfMetric
    reports: Reports
    estimator: str | None
    reported_by: str
    verified_by: str
    disputes_decided_by: str
    dispute_days: int
    if_not_decided: IfNotDecided | None
    max_payments_per_person: int
    points: tuple[str, ...]
    evidence_required: bool
    components: tuple[str, ...] = ()
    component_required: bool = False

    @cached_property
    def occurrences(self) -> frozenset[str]:
        """What may stand as an occurrence: the codes of the points, else the ordinals from 1."""
        return frozenset(self.points or map(str, range(1, self.max_payments_per_person + 1)))

    @property
    def deciders_of_disputes(self) -> tuple[str, ...]:
        """Who must say the same for a dispute to be decided."""
        if self.disputes_decided_by == AGREEMENT:
            return (self.reported_by, self.verified_by)
        return (self.disputes_decided_by,)


@dataclass(frozen=True, slots=True)
class Cohort:
    """A group of participants. Enrolment lies in `[start, end)`, where these are given. `people` counts who was ever in
    it; None where the count is not shown."""

    code: str
    name: str
    start: date | None
    end: date | None
    size: int | None
    people: int | None


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of the terms: it decides on what is achieved from `effective_from` on, and on everything if it is
    `retroactive`. Metrics by code; cohorts are codes."""

    version: int
    effective_from: date
    retroactive: bool
    metrics: Mapping[str, Metric]
    cohorts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Contract:
    """This service's copy of a contract, with every version of its terms, the oldest first. Parties and periods are
    those of the newest. Nothing that is achieved on `terminated_on` or later is a claim."""

    id: UUID
    terms: tuple[Terms, ...]
    parties: tuple[Party, ...]
    time_zone: str
    service_period: Period
    outcome_period: Period
    claims_close_on: date
    terminated_on: date | None = None

    def party(self, organisation: str) -> Party:
        """The organisation's part in the contract. Errors: `not-found`."""
        for party in self.parties:
            if party.organisation_id == organisation:
                return party
        raise NotFound()

    def require(self, organisation: str, allowed: tuple[Role, ...]) -> Party:
        """As `party`, with one of the roles `allowed`. Errors: `not-found`, `role-not-allowed`."""
        return require_role(self.party(organisation), allowed)

    def today(self, now: datetime) -> date:
        """The date where the contract lives."""
        return local_date(now, self.time_zone)

    def is_open(self, today: date) -> bool:
        """Whether claims are made, decided and corrected still."""
        return today <= self.claims_close_on

    def require_open(self, today: date) -> None:
        """Errors: `claims-closed` after the last day."""
        if not self.is_open(today):
            raise ClaimsClosed(f"Until {self.claims_close_on}, that day included.")

    def terms_on(self, day: date) -> Terms:
        """The version that decides on what was achieved on that day: the newest in effect then, or retroactive."""
        for terms in reversed(self.terms):
            if terms.retroactive or terms.effective_from <= day:
                return terms
        return self.terms[0]

    def metrics(self) -> Iterator[Metric]:
        """Those of every version."""
        return (metric for terms in self.terms for metric in terms.metrics.values())

    def metric_of(self, metric_id: int) -> Metric:
        """The metric that a claim of this contract is about."""
        return next(metric for metric in self.metrics() if metric.id == metric_id)


def readers_of(parties: tuple[Party, ...], metric: Metric) -> tuple[str, ...]:
    """Who may read claims on a metric, participants included: the payers, and the organisations that report, verify or
    decide. None of them reads on once it is a party no longer."""
    at_work = {metric.reported_by, metric.verified_by, *metric.deciders_of_disputes}
    return tuple(
        party.organisation_id
        for party in parties
        if party.role == "payer" or (party.organisation_id in at_work and party.role not in NEVER_AT_CLAIMS)
    )


def participant_readers_of(contract: Contract) -> tuple[str, ...]:
    """Who may read participants: the payers, and the readers of some metric on participants."""
    payers = [party.organisation_id for party in contract.parties if party.role == "payer"]
    on_people = [metric for metric in contract.metrics() if metric.subject == "participant"]
    readers = [reader for metric in on_people for reader in readers_of(contract.parties, metric)]
    return tuple(dict.fromkeys([*payers, *readers]))


def people_readers_of(contract: Contract) -> tuple[str, ...]:
    """Who may have to do with participants at all: those who may read them, and those who may enrol."""
    enrolling = [party.organisation_id for party in contract.parties if party.role in ENROLLING]
    return tuple(dict.fromkeys([*participant_readers_of(contract), *enrolling]))


def shown_to(role: Role, cohort: Cohort) -> Cohort:
    """The cohort as a party in that role may see it."""
    if role in EXACT_COUNTS or (cohort.people or 0) >= FEWEST:
        return cohort
    return replace(cohort, people=None)
