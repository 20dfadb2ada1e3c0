"""Domain: what a simulation is asked: scenarios of hypothetical outcomes, on which terms, up to which day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

from services.core.terms.measures import AsEnrolled, Measure
from services.core.terms.model import Agreement
from services.core.terms.naming import all_measures
from services.core.terms.outcomes import Arm, Cohort, Metric
from services.core.values import value
from services.events.contracts import InForce, NamedParty
from settlement_service.domain.agreement.calendar import last_day_before
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms, terms_of
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.simulation.chance import MonteCarlo


@value
class Outcome:
    """So many subjects achieved something on one day, or a value was measured. `people` are participants, `sites` so
    many sites; `site` is the one that was measured. `units` are those of each subject, 1 if left out. Without a
    `cohort` people are of all cohorts, in the order of the terms; without a day it is the last one."""

    metric: str
    cohort: str | None = None
    people: int | None = None
    sites: int | None = None
    site: str | None = None
    units: int | None = None
    value: str | None = None
    arm: Arm = "intervention"
    n: int | None = None
    standard_error: str | None = None
    component: str | None = None
    occurrence: str | None = None
    achieved_on: date | None = None

    @property
    def series(self) -> str:
        """What tells values of one subject, metric and occurrence apart; empty for units."""
        return "" if self.value is None else f"{self.arm}/{self.component or ''}"

    @property
    def subjects(self) -> int:
        """How many subjects it is about."""
        return next((number for number in (self.people, self.sites) if number is not None), 1)


@value
class Scenario:
    """Outcomes that go together. `enrolled` says how many people are enrolled in a cohort: left out, its size in the
    terms, and at least as many as are counted in it."""

    name: str
    outcomes: tuple[Outcome, ...]
    enrolled: Mapping[str, int] = field(default_factory=dict)


@value
class Question:
    """What terms would pay for scenarios: those in force, or those that are given, for everything that is achieved
    before `end` (left out, in the whole outcome period). `from` now: on top of what is known at this moment."""

    scenarios: tuple[Scenario, ...]
    terms: Agreement | None = None
    end: date | None = None
    from_: Literal["nothing", "now"] = "nothing"
    monte_carlo: MonteCarlo | None = None


@dataclass(frozen=True)
class Asked:
    """The terms that scenarios are held against, and what is looked at: everything achieved before `ends`, settled from
    `begins` on. `terminated_on` is where the contract in force has ended early; `known` is what is known already, where
    scenarios come on top of it."""

    history: History
    begins: date
    ends: date
    terminated_on: date | None = None
    known: Basis | None = None

    @property
    def last_day(self) -> date:
        """The last day of what is looked at and can be achieved: the day of outcomes that name none."""
        return last_day_before(min(self.ends, self.history.newest.outcome_period.end))

    @property
    def known_size(self) -> int:
        """How much is known already."""
        known = self.known
        return 0 if known is None else len(known.items) + len(known.outcomes.claims) + len(known.outcomes.enrolments)

    def size_of(self, cohort: Cohort) -> int:
        """How many people a cohort has if nothing is said: on top of what is known, nobody more; and nobody is asked
        for where nothing is measured of them together."""
        return cohort.size or 0 if self.known is None and self.measures else 0

    def metric(self, code: str) -> Metric | None:
        """The metric of that code, if there is one."""
        return self.history.metrics.get(code)

    def occurrence(self, outcome: Outcome) -> str | None:
        """The occurrence of an outcome: as it says, else the only one; None where it has to be said."""
        points = self.history.metrics[outcome.metric].measurement_points
        if outcome.occurrence is not None:
            return outcome.occurrence
        if not points:
            return "1"
        return points[0].code if len(points) == 1 else None

    def day(self, outcome: Outcome) -> date:
        """The day of an outcome."""
        return outcome.achieved_on or self.last_day

    @cached_property
    def excluding(self) -> frozenset[str]:
        """Metrics that are measured over who was measured: there it counts that others were, and did not achieve it."""
        return frozenset(one.metric for one in self.measures if one.missing == "excluded")

    @cached_property
    def exits(self) -> frozenset[str]:
        """Metrics that take people out of a denominator."""
        kinds = [one.denominator for one in self.measures]
        return frozenset(code for kind in kinds if isinstance(kind, AsEnrolled) for code in kind.neutral_exits)

    @cached_property
    def measures(self) -> list[Measure]:
        """All measures of the terms: without one, nobody asks who is enrolled."""
        return [measure for terms in self.history.versions for measure in all_measures(terms.as_signed)]


def asked_of(contract: Contract, question: Question, known: Basis | None, tomorrow: date) -> Asked:
    """What a question is asked of: the terms in force with what is known, or its own terms alone."""
    history = contract.history if question.terms is None else History((supposed_terms(contract.terms, question.terms),))
    period = history.newest.outcome_period
    return Asked(
        history=history,
        begins=period.start if known is None else tomorrow,
        ends=question.end or (period.end if known is None else max(period.end, tomorrow + timedelta(days=1))),
        terminated_on=contract.terminated_on if question.terms is None else None,
        known=known,
    )


def supposed_terms(terms: Terms, agreement: Agreement) -> Terms:
    """An agreement as if it were the next version of a contract's terms, and the only one."""
    names = {party.organisation_id: party.name for party in terms.parties}
    return terms_of(
        InForce(
            contract_id=terms.contract_id,
            title=terms.title,
            version=terms.version + 1,
            root="",
            parties=tuple(
                NamedParty(
                    organisation_id=one.organisation_id,
                    name=names.get(one.organisation_id, one.organisation_id),
                    role=one.role,
                )
                for one in agreement.parties
            ),
            currency=agreement.currency,
            time_zone=agreement.time_zone,
            service_period=agreement.service_period,
            outcome_period=agreement.outcome_period,
            claims_close_on=agreement.claims_close_on,
            effective_from=agreement.effective_from,
            outcomes=agreement.outcomes,
            payment=agreement.payment,
        )
    )
