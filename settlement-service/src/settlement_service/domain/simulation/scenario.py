"""Domain: the question to a simulation: scenarios of hypothetical outcomes, and the model that they are run on."""

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
    """So many subjects achieved something on one day, or a value was measured. `people` is a number of participants,
    `sites` one of sites. `site` is the code of the site that was measured. `units` are those of each subject: 1 where
    left out. Without a `cohort` people are of all cohorts, in the order of the terms. Without a day it is the last."""

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
    """Outcomes that are settled together. `enrolled` is how many people are enrolled in a cohort. Left out, it is the
    cohort's size in the terms, and at least as many as outcomes count in it."""

    name: str
    outcomes: tuple[Outcome, ...]
    enrolled: Mapping[str, int] = field(default_factory=dict)


@value
class Question:
    """What terms would pay for scenarios. `terms` are those in force where left out. Everything counts that is achieved
    before `end`: left out, in the whole outcome period. `from` now: on top of what is known at this moment."""

    scenarios: tuple[Scenario, ...]
    terms: Agreement | None = None
    end: date | None = None
    from_: Literal["nothing", "now"] = "nothing"
    monte_carlo: MonteCarlo | None = None


@dataclass(frozen=True)
class Model:
    """What scenarios are run on: the terms, and what is settled of them. Settlements begin on `begins`, and take in
    everything achieved before `ends`. `terminated_on` is the day on which the contract in force has ended early.
    `known` is what is known already, where scenarios come on top of it."""

    history: History
    begins: date
    ends: date
    terminated_on: date | None = None
    known: Basis | None = None

    @property
    def last_day(self) -> date:
        """The last day on which something can be achieved that is settled: the day of outcomes that name none."""
        return last_day_before(min(self.ends, self.history.newest.outcome_period.end))

    @property
    def known_size(self) -> int:
        """How many items, claims and enrolments are known already."""
        known = self.known
        return 0 if known is None else len(known.items) + len(known.outcomes.claims) + len(known.outcomes.enrolments)

    def size_of(self, cohort: Cohort) -> int:
        """How many people a scenario enrols in a cohort that it does not name: the cohort's size in the terms. On top
        of what is known nobody more is enrolled. Nor is anybody where no measure looks at enrolments."""
        return cohort.size or 0 if self.known is None and self.measures else 0

    def metric(self, code: str) -> Metric | None:
        """The metric of that code, if there is one."""
        return self.history.metrics.get(code)

    def occurrence(self, outcome: Outcome) -> str | None:
        """The occurrence of an outcome: its own, else the only one of the metric; None where it has to name one."""
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
        """Metrics whose denominator is who was measured. On these a scenario needs claims of people who did not achieve
        it too: 51 successes of 51 measured are a share of 1."""
        return frozenset(measure.metric for measure in self.measures if measure.missing == "excluded")

    @cached_property
    def exits(self) -> frozenset[str]:
        """Metrics that take people out of a denominator."""
        enrolled = [each.denominator for each in self.measures if isinstance(each.denominator, AsEnrolled)]
        return frozenset(code for denominator in enrolled for code in denominator.neutral_exits)

    @cached_property
    def measures(self) -> list[Measure]:
        """All measures of the terms. Without any, enrolments change nothing."""
        return [measure for terms in self.history.versions for measure in all_measures(terms.as_signed)]


def model_of(contract: Contract, question: Question, known: Basis | None, tomorrow: date) -> Model:
    """The model for a question: the terms in force with what is known, or the question's own terms alone."""
    history = contract.history
    if question.terms is not None:
        history = History((hypothetical_terms(contract.terms, question.terms),))
    period = history.newest.outcome_period
    return Model(
        history=history,
        begins=period.start if known is None else tomorrow,
        ends=question.end or (period.end if known is None else max(period.end, tomorrow + timedelta(days=1))),
        terminated_on=contract.terminated_on if question.terms is None else None,
        known=known,
    )


def hypothetical_terms(terms: Terms, agreement: Agreement) -> Terms:
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
                    organisation_id=party.organisation_id,
                    name=names.get(party.organisation_id, party.organisation_id),
                    role=party.role,
                )
                for party in agreement.parties
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
