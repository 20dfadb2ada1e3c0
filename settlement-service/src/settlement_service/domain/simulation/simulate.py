"""Domain: what terms would pay for hypothetical outcomes. Nothing is kept of it, and nothing real is in it."""

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
    run,
    steps_for_total,
    steps_of,
    total_of,
)
from settlement_service.domain.simulation.scenario import Asked, Outcome, Question, Scenario
from settlement_service.domain.simulation.subjects import over_enrolled, supposed
from settlement_service.domain.simulation.work import Work, work_of, work_of_draws

MOST_WORK = 200_000
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
    work = work_of(asked)
    left = MOST_WORK - _check_scenarios(asked, work, question.scenarios)
    if question.monte_carlo is not None:
        left -= work_of_draws(question.monte_carlo)
    draws = []
    for scenario in question.scenarios:
        draws.append(_drawn(scenario, question.monte_carlo, dice_of))
        left -= _check_draws(asked, work, draws[-1], left)
    return [
        replace(_simulated(asked, scenario), spreads=_spread(asked, of) if of else None)
        for scenario, of in zip(question.scenarios, draws, strict=True)
    ]


def _check_scenarios(asked: Asked, work: Work, scenarios: Sequence[Scenario]) -> int:
    """How much there is to do without draws: each settlement, and all of them for one more outcome on each metric."""
    settlements = len(steps_of(asked)) + (1 + len(_metrics(asked))) * len(steps_for_total(asked))
    whole = sum(work.of(asked, scenario) for scenario in scenarios) * settlements
    if whole > MOST_WORK:
        people = sum(outcome.subjects for scenario in scenarios for outcome in scenario.outcomes)
        most = people * MOST_WORK // whole
        allowed = f"About {most} subjects over all outcomes of these scenarios, or fewer scenarios, rules or years."
        raise SimulationTooLarge(errors=[FieldError("/scenarios", SimulationTooLarge.code, allowed)])
    return whole


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
    """What one more person (or site) with the last outcome on each metric would give, or the first where there is none.
    Left out where everybody who is enrolled has it already."""
    paid = sum(_total(asked, scenario).values())
    for code in _metrics(asked):
        more = _with_one_more(asked, scenario, code)
        if not over_enrolled(asked, more):
            yield code, sum(_total(asked, more).values()) - paid


def _with_one_more(asked: Asked, scenario: Scenario, code: str) -> Scenario:
    places = [place for place, outcome in enumerate(scenario.outcomes) if outcome.metric == code]
    if not places:
        return replace(scenario, outcomes=(*scenario.outcomes, _first(asked, code)))
    outcomes = list(scenario.outcomes)
    last = outcomes[places[-1]]
    more = last.subjects + 1
    outcomes[places[-1]] = replace(last, people=more) if last.sites is None else replace(last, sites=more)
    return replace(scenario, outcomes=tuple(outcomes))


def _first(asked: Asked, code: str) -> Outcome:
    """One person or site, at the first point, on the last day."""
    metric = asked.history.metrics[code]
    points = metric.measurement_points
    one = Outcome(metric=code, occurrence=points[0].code if points else None)
    return replace(one, people=1) if metric.subject == "participant" else replace(one, sites=1)


def _drawn(scenario: Scenario, said: MonteCarlo | None, dice_of: DiceOf) -> Drawn:
    """The scenarios that are drawn, each with how often it came; none where nothing is left to chance. Every outcome
    has dice of its own, so that a change of one leaves the draws of others as they were."""
    chances = [one for one in said.distributions if one.scenario == scenario.name] if said else []
    if said is None or not chances:
        return {}
    places = [chance.outcome for chance in chances]
    columns = [
        draws_of(
            one.distribution,
            dice_of(one.outcome),
            said.runs,
            whole_numbers=scenario.outcomes[one.outcome].value is None,
        )
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


def _check_draws(asked: Asked, work: Work, draws: Drawn, left: int) -> int:
    """How much there is to do for draws; those that are alike are computed once."""
    whole = sum(work.of(asked, one) for one, _ in draws.values()) * len(steps_for_total(asked))
    if whole > left:
        most = sum(times for _, times in draws.values()) * max(0, left) // whole
        allowed = f"About {most} runs of this; more with fewer people, or fewer outcomes that are left to chance."
        raise SimulationTooLarge(errors=[FieldError("/monteCarlo/runs", SimulationTooLarge.code, allowed)])
    return whole


def _spread(asked: Asked, draws: Drawn) -> Spreads:
    payments = [(_total(asked, one), times) for one, times in draws.values()]
    total, by_payer = spreads(payments, asked.history.at_end(asked.ends).payers())
    return Spreads(total, by_payer)
