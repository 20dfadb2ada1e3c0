"""Domain: what this service knows of a contract: who may report, decide and read what, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from services.core.access import require_role
from services.core.errors import Conflict, NotFound
from services.core.period import Period, local_date
from services.core.terms.outcomes import AGREEMENT
from services.core.terms.parties import NEVER_AT_CLAIMS, Party, Role

AT_CLAIMS: tuple[Role, ...] = ("payer", "provider", "evaluator", "intermediary")
"""Roles that may have to do with participants and claims; an investor and a guarantor never see one."""
EXACT_COUNTS: tuple[Role, ...] = ("payer", "provider", "evaluator")
FEWEST_SHOWN = 5
"""Counts of people under this are not shown to anyone else (domain.md, section 6)."""
ENROLLING: tuple[Role, ...] = ("payer", "provider")


class ClaimsClosed(Conflict):
    """After the day until which claims are made, decided and corrected."""

    code = "claims-closed"
    title = "Claims on this contract are closed"


@dataclass(frozen=True)
class Metric:
    """A metric of the terms in force. `id` is this service's own, `points` are codes of measurement points."""

    id: int
    code: str
    reported_by: str
    verified_by: str
    disputes_decided_by: str
    dispute_days: int
    max_payments_per_person: int
    points: tuple[str, ...]
    evidence_required: bool

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
    """A group of participants; enrolment lies in `[start, end)` where these are given. `people` were ever in it; None
    where the count is not shown."""

    code: str
    name: str
    start: date | None
    end: date | None
    size: int | None
    people: int | None


@dataclass(frozen=True, slots=True)
class Contract:
    """This service's copy of the terms in force. Metrics by code. `terminated_on`: nothing achieved from then on."""

    id: UUID
    terms_version: int
    parties: tuple[Party, ...]
    time_zone: str
    service_period: Period
    outcome_period: Period
    claims_close_on: date
    metrics: Mapping[str, Metric]
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

    def require_open(self, today: date) -> None:
        """Errors: `claims-closed` after the last day."""
        if today > self.claims_close_on:
            raise ClaimsClosed(f"Until {self.claims_close_on}, that day included.")

    def metric_of(self, metric_id: int) -> Metric:
        """The metric that a claim of this contract is about."""
        return next(metric for metric in self.metrics.values() if metric.id == metric_id)


def readers_of(parties: tuple[Party, ...], metric: Metric) -> tuple[str, ...]:
    """Who may read claims on a metric, participants included: the payers and those who report, verify and decide."""
    payers = [party.organisation_id for party in parties if party.role == "payer"]
    at_work = [metric.reported_by, metric.verified_by, *metric.deciders_of_disputes]
    never = {party.organisation_id for party in parties if party.role in NEVER_AT_CLAIMS}
    return tuple(dict.fromkeys(one for one in [*payers, *at_work] if one not in never))


def people_readers_of(contract: Contract) -> tuple[str, ...]:
    """Who may have to do with participants at all: the readers of some metric, and those who may enrol."""
    readers = [one for metric in contract.metrics.values() for one in readers_of(contract.parties, metric)]
    enrolling = [party.organisation_id for party in contract.parties if party.role in ENROLLING]
    return tuple(dict.fromkeys([*readers, *enrolling]))


def shown_to(role: Role, cohort: Cohort) -> Cohort:
    """The cohort as a party in that role may see it."""
    if role in EXACT_COUNTS or (cohort.people or 0) >= FEWEST_SHOWN:
        return cohort
    return replace(cohort, people=None)
