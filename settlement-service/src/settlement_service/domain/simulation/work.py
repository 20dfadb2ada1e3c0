"""Domain: how much there is to compute for a scenario, counted before it is begun."""

from dataclasses import dataclass
from datetime import date

from services.core.terms.calendar import MONTHS
from services.core.terms.measures import counts_enrolled
from services.core.terms.mechanisms.savings_share import SavingsShare
from services.core.terms.mechanisms.service_fee import ServiceFee
from services.core.terms.mechanisms.table import measures_of
from services.core.terms.rules import PaymentRule
from settlement_service.domain.simulation.chance import Binomial, MonteCarlo
from settlement_service.domain.simulation.scenario import Asked, Scenario
from settlement_service.domain.simulation.subjects import numbers_of

CAPS_TO_A_RULE, DRAWS_TO_A_RULE, FEE = 8, 4, 3
"""So many caps are looked through, and so many draws are made, in the time that a rule takes for a claim; and so much
more of it does one period of a fee take."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one claim on each metric, one person who is enrolled, and a settlement of nothing take, in claims under one
    rule; and how much is known already."""

    of_claim: dict[str, int]
    of_person: int
    of_nothing: int

    def of(self, asked: Asked, scenario: Scenario) -> int:
        """What one settlement of a scenario takes, at most."""
        claims = sum(outcome.subjects * self.of_claim[outcome.metric] for outcome in scenario.outcomes)
        rest = sum(self.of_claim[outcome.metric] for outcome in scenario.outcomes if outcome.metric in asked.excluding)
        return self.of_nothing + claims + sum(numbers_of(asked, scenario).values()) * (self.of_person + rest)


def work_of(asked: Asked) -> Work:
    """What the terms that are asked about take: each claim is looked at by each rule that is computed from it, and what
    comes of it by every cap."""
    versions = asked.history.versions
    rules = [rule for terms in versions for rule in terms.rules.values()]
    caps = sum(len(terms.limits) for terms in versions) // CAPS_TO_A_RULE
    enrolled = sum(any(map(counts_enrolled, measures_of(rule.said))) for rule in rules)
    return Work(
        of_claim={code: max(1, sum(code in rule.needs for rule in rules)) + caps for code in asked.history.metrics},
        of_person=bool(asked.measures) + enrolled,
        of_nothing=asked.known_size * (1 + caps) + sum(_alone(rule.said, asked.ends) for rule in rules),
    )


def work_of_draws(said: MonteCarlo) -> int:
    """What it takes to draw, before anything is computed."""
    tables = sum(one.distribution.n for one in said.distributions if isinstance(one.distribution, Binomial))
    return (said.runs * len(said.distributions) + tables) // DRAWS_TO_A_RULE


def _alone(rule: PaymentRule, ends: date) -> int:
    """What a rule takes that looks at nothing: fees come with the calendar, savings with their components."""
    if isinstance(rule, ServiceFee):
        until = min(rule.until, ends)
        months = (until.year - rule.start.year) * 12 + until.month - rule.start.month
        return 1 + FEE * (max(0, months) // MONTHS[rule.every])
    return len(rule.components) ** 2 if isinstance(rule, SavingsShare) else 1
