"""Domain: the work of a simulation, counted in claims under one rule before anything is computed."""

from dataclasses import dataclass

from services.core.terms.measures import counts_enrolled
from services.core.terms.mechanisms.table import measures_of
from settlement_service.domain.mechanisms.table import mechanism_of
from settlement_service.domain.simulation.chance import Binomial, MonteCarlo
from settlement_service.domain.simulation.scenario import Model, Scenario
from settlement_service.domain.simulation.subjects import numbers_of

CAPS_TO_A_RULE, DRAWS_TO_A_RULE = 8, 4
"""So many caps are looked through, and so many draws are made, in the time that one rule takes for one claim."""


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one claim by its metric, of one enrolled person, and of a settlement without any claim of the
    scenario: what is known already, and what comes with the calendar. 300 people with a claim that two rules are
    computed from are 600."""

    of_claim: dict[str, int]
    of_person: int
    of_nothing: int

    def of_settlement(self, model: Model, scenario: Scenario) -> int:
        """The work of one settlement of a scenario, at most."""
        claims = sum(outcome.subjects * self.of_claim[outcome.metric] for outcome in scenario.outcomes)
        # Where the denominator is who was measured, everybody has a claim on each such outcome's metric.
        rejected = [outcome.metric for outcome in scenario.outcomes if outcome.metric in model.excluding]
        of_person = self.of_person + sum(self.of_claim[code] for code in rejected)
        return self.of_nothing + claims + sum(numbers_of(model, scenario).values()) * of_person


def work_of(model: Model) -> Work:
    """The work under the terms of a model. A claim is looked at by each rule that is computed from its metric, and its
    items by every cap."""
    versions = model.history.versions
    rules = [rule for terms in versions for rule in terms.rules.values()]
    caps = sum(len(terms.limits) for terms in versions) // CAPS_TO_A_RULE
    enrolled = sum(any(map(counts_enrolled, measures_of(rule.definition))) for rule in rules)
    alone = sum(mechanism_of(rule.definition).work_alone(rule.definition, model.ends) for rule in rules)
    return Work(
        of_claim={code: max(1, sum(code in rule.needs for rule in rules)) + caps for code in model.history.metrics},
        of_person=bool(model.measures) + enrolled,
        of_nothing=model.known_size * (1 + caps) + alone,
    )


def work_of_draws(monte_carlo: MonteCarlo) -> int:
    """The work of drawing itself: a draw for each run and distribution, and a table of n numbers for each binomial."""
    distributions = [chance.distribution for chance in monte_carlo.distributions]
    tables = sum(distribution.n for distribution in distributions if isinstance(distribution, Binomial))
    return (monte_carlo.runs * len(distributions) + tables) // DRAWS_TO_A_RULE
