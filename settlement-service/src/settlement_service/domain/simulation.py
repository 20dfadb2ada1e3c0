"""Domain: what terms would pay for hypothetical outcomes. Nothing is kept of it, and nothing real is in it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from services.core.errors import FieldError, Invalid
from settlement_service.domain.simulation_chance import Dice, MonteCarlo, Spread, decimal_of, draws_of, spreads
from settlement_service.domain.simulation_distances import Distances, distances_of
from settlement_service.domain.simulation_effects import Effects, effects_of
from settlement_service.domain.simulation_run import (
    Payments,
    basis_of,
    run,
    steps_for_total,
    steps_of,
    total_of,
)
from settlement_service.domain.simulation_scenario import Asked, Outcome, Question, Scenario
from settlement_service.domain.simulation_subjects import size_of, supposed

MOST_WORK = 250_000
"""How many claims and enrolments are gone through for one answer, all settlements and draws together: some seconds. It
is counted, not timed, so that the same question is answered on every machine."""

DiceOf: TypeAlias = Callable[[int], Dice]
Drawn: TypeAlias = dict[tuple[Fraction, ...], tuple[Scenario, int]]


class SimulationTooLarge(Invalid):
    """More than one answer may take."""

    code = "simulation-too-large"
    title = "This simulation is too large for one answer"


@dataclass(frozen=True, slots=True)
class Spreads:
    """How what is paid is spread over all draws, in all and by payer."""

    total: Spread
    by_payer: dict[str, Spread]


@dataclass(frozen=True, slots=True)
class Simulated:
    """What terms pay for a scenario: in each year of the calendar and in all; by rule; under each cap; how far it is
    from what is not reached; and what one more outcome on each metric would give, in minor units."""

    name: str
    payments: Payments
    years: dict[str, Payments]
    effects: Effects
    distances: Distances
    one_more: tuple[tuple[str, int], ...]
    spreads: Spreads | None = None


def simulate(asked: Asked, question: Question, dice_of: DiceOf) -> list[Simulated]:
    """What is answered to a question that was checked, scenario by scenario. `dice_of` gives the dice of each place.
    Errors: `simulation-too-large`."""
    left = MOST_WORK - _check_scenarios(asked, question.scenarios)
    draws = []
    for scenario in question.scenarios:
        draws.append(_drawn(scenario, question.monte_carlo, dice_of))
        left -= _check_draws(asked, draws[-1], left)
    return [
        replace(_simulated(asked, scenario), spreads=_spread(asked, of) if of else None)
        for scenario, of in zip(question.scenarios, draws, strict=True)
    ]


def _check_scenarios(asked: Asked, scenarios: Sequence[Scenario]) -> int:
    """How much there is to do without draws."""
    steps, metrics = len(steps_of(asked)), len(_metrics(asked))
    once = sum(size_of(asked, scenario) for scenario in scenarios) * (steps + metrics * len(steps_for_total(asked)))
    if once > MOST_WORK:
        most = MOST_WORK // (once // sum(size_of(asked, scenario) for scenario in scenarios))
        allowed = f"About {most} people and outcomes, those of all scenarios together."
        raise SimulationTooLarge(errors=[FieldError("/scenarios", SimulationTooLarge.code, allowed)])
    return once


def _simulated(asked: Asked, scenario: Scenario) -> Simulated:
    ran = run(basis_of(asked, supposed(asked, scenario)), steps_of(asked))
    return Simulated(
        name=scenario.name,
        payments=ran.payments,
        years=ran.years,
        effects=effects_of(asked, ran),
        distances=distances_of(asked, ran),
        one_more=tuple(_one_more(asked, scenario)),
    )


def _total(asked: Asked, scenario: Scenario) -> Mapping[str, int]:
    """What each payer pays in all."""
    return total_of(basis_of(asked, supposed(asked, scenario)), steps_for_total(asked))


def _metrics(asked: Asked) -> list[str]:
    """Metrics on which there can be one more outcome: those that rules are computed from, of people or sites that are
    counted."""
    rules = asked.history.at_end(asked.ends).rules.values()
    codes = sorted({code for rule in rules for code in rule.needs})
    metrics = [asked.history.metrics[code] for code in codes]
    return [one.code for one in metrics if one.reports == "units" and one.subject != "cohort"]


def _one_more(asked: Asked, scenario: Scenario) -> Iterator[tuple[str, int]]:
    """What one more person (or site) with the last outcome on each metric would give. Left out where everybody who is
    enrolled has it already."""
    paid = sum(_total(asked, scenario).values())
    for code in _metrics(asked):
        more = _with_one_more(asked, scenario, code)
        if more is not None and size_of(asked, more) > size_of(asked, scenario):
            yield code, sum(_total(asked, more).values()) - paid


def _with_one_more(asked: Asked, scenario: Scenario, code: str) -> Scenario | None:
    places = [place for place, outcome in enumerate(scenario.outcomes) if outcome.metric == code]
    if not places:
        return None
    outcomes = list(scenario.outcomes)
    last: Outcome = outcomes[places[-1]]
    more = last.subjects + 1
    outcomes[places[-1]] = replace(last, people=more) if last.sites is None else replace(last, sites=more)
    return replace(scenario, outcomes=tuple(outcomes))


def _drawn(scenario: Scenario, said: MonteCarlo | None, dice_of: DiceOf) -> Drawn:
    """The scenarios that are drawn, each with how often it came; none where nothing is left to chance. Every outcome
    has dice of its own, so that a change of one leaves the draws of others as they were."""
    chances = [one for one in said.distributions if one.scenario == scenario.name] if said else []
    if said is None or not chances:
        return {}
    places = [chance.outcome for chance in chances]
    columns = [
        draws_of(one.distribution, dice_of(one.outcome), said.runs, whole=scenario.outcomes[one.outcome].value is None)
        for one in chances
    ]
    found: Drawn = {}
    for numbers, times in Counter(zip(*columns, strict=True)).items():
        outcomes = list(scenario.outcomes)
        for place, number in zip(places, numbers, strict=True):
            outcomes[place] = _with(outcomes[place], number)
        found[numbers] = replace(scenario, outcomes=tuple(outcomes)), times
    return found


def _with(outcome: Outcome, number: Fraction) -> Outcome:
    """The outcome with what was drawn for it."""
    if outcome.value is not None:
        return replace(outcome, value=decimal_of(number))
    return replace(outcome, people=int(number)) if outcome.sites is None else replace(outcome, sites=int(number))


def _check_draws(asked: Asked, draws: Drawn, left: int) -> int:
    """How much there is to do for draws; those that are alike are computed once."""
    work = sum(size_of(asked, one) for one, _ in draws.values()) * len(steps_for_total(asked))
    if work > left:
        most = sum(times for _, times in draws.values()) * max(left, 0) // work
        allowed = f"About {most} runs of this; more with fewer people, or fewer outcomes that are left to chance."
        raise SimulationTooLarge(errors=[FieldError("/monteCarlo/runs", SimulationTooLarge.code, allowed)])
    return work


def _spread(asked: Asked, draws: Drawn) -> Spreads:
    payments = [(_total(asked, one), times) for one, times in draws.values()]
    total, by_payer = spreads(payments, asked.history.at_end(asked.ends).payers())
    return Spreads(total, by_payer)
