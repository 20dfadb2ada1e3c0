"""Domain: the answer to a simulation: what terms would pay for hypothetical outcomes. Nothing of it is kept."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from services.core.errors import FieldError, Invalid
from settlement_service.domain.simulation.chance import Dice, MonteCarlo, Spread, decimal_of, draws_of, spreads
from settlement_service.domain.simulation.distances import Distances, distances_of
from settlement_service.domain.simulation.effects import Effects, effects_of
from settlement_service.domain.simulation.run import (
    Payments,
    basis_of,
    settle_steps,
    steps_for_total,
    steps_of,
    total_of,
)
from settlement_service.domain.simulation.scenario import Model, Outcome, Question, Scenario
from settlement_service.domain.simulation.subjects import hypothetical_outcomes, over_enrolled
from settlement_service.domain.simulation.work import Work, work_of, work_of_draws

MOST_WORK = 200_000
"""The most claims and enrolments that one answer goes through, all settlements and draws together: some seconds. Work
is counted, not timed, so that the same question is answered, or refused, on every machine."""

DiceOf: TypeAlias = Callable[[int], Dice]
"""The dice of the outcome at a place."""
DrawnScenarios: TypeAlias = dict[tuple[Fraction, ...], tuple[Scenario, int]]
"""By the numbers that were drawn: the scenario with them, and how often they were drawn."""


class SimulationTooLarge(Invalid):
    """More than one answer may take."""

    code = "simulation-too-large"
    title = "This simulation is too large for one answer"


@dataclass(frozen=True, slots=True)
class Spreads:
    """The spread over all draws of what is paid, in all and by payer."""

    total: Spread
    by_payer: dict[str, Spread]


@dataclass(frozen=True, slots=True)
class Simulated:
    """What terms pay for a scenario, in all and in each year of the calendar. `effects` are by rule and by cap.
    `distances` are to thresholds and bands. `one_more` is what one more outcome on each metric would give, in minor
    units."""

    name: str
    payments: Payments
    years: dict[str, Payments]
    effects: Effects
    distances: Distances
    one_more: tuple[tuple[str, int], ...]
    spreads: Spreads | None = None


def simulate(model: Model, question: Question, dice_of: DiceOf) -> list[Simulated]:
    """The answer to a question that was checked, scenario by scenario. Errors: `simulation-too-large`."""
    work = work_of(model)
    allowance = MOST_WORK - _check_scenarios(model, work, question.scenarios)
    if question.monte_carlo is not None:
        allowance -= work_of_draws(question.monte_carlo)
    # All work is counted before any of it is done: a refusal costs nothing but the draws.
    draws = []
    for scenario in question.scenarios:
        draws.append(_drawn_scenarios(scenario, question.monte_carlo, dice_of))
        allowance -= _check_draws(model, work, draws[-1], allowance)
    return [
        replace(_simulated(model, scenario), spreads=_spread(model, drawn) if drawn else None)
        for scenario, drawn in zip(question.scenarios, draws, strict=True)
    ]


def _check_scenarios(model: Model, work: Work, scenarios: Sequence[Scenario]) -> int:
    """The work without draws: every settlement, and those that decide the total once more for each further outcome.
    Errors: `simulation-too-large`, with about how many subjects would be allowed."""
    settlements = len(steps_of(model)) + (1 + len(_metrics(model))) * len(steps_for_total(model))
    required = sum(work.of_settlement(model, scenario) for scenario in scenarios) * settlements
    if required > MOST_WORK:
        people = sum(outcome.subjects for scenario in scenarios for outcome in scenario.outcomes)
        most = people * MOST_WORK // required
        allowed = f"About {most} subjects over all outcomes of these scenarios, or fewer scenarios, rules or years."
        raise SimulationTooLarge(errors=[FieldError("/scenarios", SimulationTooLarge.code, allowed)])
    return required


def _simulated(model: Model, scenario: Scenario) -> Simulated:
    run = settle_steps(basis_of(model, hypothetical_outcomes(model, scenario)), steps_of(model))
    return Simulated(
        name=scenario.name,
        payments=run.payments,
        years=run.years,
        effects=effects_of(model, run),
        distances=distances_of(model, run),
        one_more=tuple(_one_more(model, scenario)),
    )


def _total(model: Model, scenario: Scenario) -> Mapping[str, int]:
    """What each payer pays in all."""
    return total_of(basis_of(model, hypothetical_outcomes(model, scenario)), steps_for_total(model))


def _metrics(model: Model) -> list[str]:
    """The metrics on which there can be one more outcome: those that rules are computed from, and that count people or
    sites."""
    rules = model.history.at_end(model.ends).rules.values()
    codes = sorted({code for rule in rules for code in rule.needs})
    metrics = [model.history.metrics[code] for code in codes]
    return [metric.code for metric in metrics if metric.reports == "units" and metric.subject != "cohort"]


def _one_more(model: Model, scenario: Scenario) -> Iterator[tuple[str, int]]:
    """What one more person (or site) would give, by metric, in minor units: one more with the last outcome on it, or
    the first where there is none. A metric is left out where everybody who is enrolled has an outcome already."""
    paid = sum(_total(model, scenario).values())
    for code in _metrics(model):
        larger = _with_one_more(model, scenario, code)
        if not over_enrolled(model, larger):
            yield code, sum(_total(model, larger).values()) - paid


def _with_one_more(model: Model, scenario: Scenario, code: str) -> Scenario:
    places = [place for place, outcome in enumerate(scenario.outcomes) if outcome.metric == code]
    if not places:
        return replace(scenario, outcomes=(*scenario.outcomes, _first(model, code)))
    outcomes = list(scenario.outcomes)
    last = outcomes[places[-1]]
    subjects = last.subjects + 1
    outcomes[places[-1]] = replace(last, people=subjects) if last.sites is None else replace(last, sites=subjects)
    return replace(scenario, outcomes=tuple(outcomes))


def _first(model: Model, code: str) -> Outcome:
    """One person or site, at the first point, on the last day."""
    metric = model.history.metrics[code]
    points = metric.measurement_points
    outcome = Outcome(metric=code, occurrence=points[0].code if points else None)
    return replace(outcome, people=1) if metric.subject == "participant" else replace(outcome, sites=1)


def _drawn_scenarios(scenario: Scenario, monte_carlo: MonteCarlo | None, dice_of: DiceOf) -> DrawnScenarios:
    """The scenarios that are drawn, each with how often; none where no outcome of the scenario has a distribution.
    Every outcome has dice of its own: a change of one distribution leaves the draws of the others as they were."""
    if monte_carlo is None:
        return {}
    chances = [chance for chance in monte_carlo.distributions if chance.scenario == scenario.name]
    if not chances:
        return {}
    places = [chance.outcome for chance in chances]
    columns = [
        draws_of(
            chance.distribution,
            dice_of(chance.outcome),
            monte_carlo.runs,
            whole_numbers=scenario.outcomes[chance.outcome].value is None,
        )
        for chance in chances
    ]
    drawn: DrawnScenarios = {}
    for numbers, times in Counter(zip(*columns, strict=True)).items():
        outcomes = list(scenario.outcomes)
        for place, number in zip(places, numbers, strict=True):
            outcomes[place] = _with_number(outcomes[place], number)
        drawn[numbers] = replace(scenario, outcomes=tuple(outcomes)), times
    return drawn


def _with_number(outcome: Outcome, number: Fraction) -> Outcome:
    """The outcome with the number that was drawn for it: its value, or how many people or sites it is about."""
    if outcome.value is not None:
        return replace(outcome, value=decimal_of(number))
    return replace(outcome, people=int(number)) if outcome.sites is None else replace(outcome, sites=int(number))


def _check_draws(model: Model, work: Work, draws: DrawnScenarios, allowance: int) -> int:
    """The work of draws; those that are alike are computed once. Errors: `simulation-too-large`, with about how many
    runs would be allowed."""
    required = sum(work.of_settlement(model, scenario) for scenario, _ in draws.values()) * len(steps_for_total(model))
    if required > allowance:
        most = sum(times for _, times in draws.values()) * max(0, allowance) // required
        allowed = f"About {most} runs of this; more with fewer people, or fewer outcomes that are left to chance."
        raise SimulationTooLarge(errors=[FieldError("/monteCarlo/runs", SimulationTooLarge.code, allowed)])
    return required


def _spread(model: Model, draws: DrawnScenarios) -> Spreads:
    payments = [(_total(model, scenario), times) for scenario, times in draws.values()]
    total, by_payer = spreads(payments, model.history.at_end(model.ends).payers())
    return Spreads(total, by_payer)
