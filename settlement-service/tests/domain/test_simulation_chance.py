"""Tests: outcomes that are left to chance: the same seed draws the same, and the draws are as the distribution says."""

from fractions import Fraction
from functools import partial
from math import comb
from typing import Any

import pytest

from services.core.errors import Invalid
from services.kit.process.dice import dice
from settlement_service.domain.simulation.chance import (
    Binomial,
    Certain,
    Chance,
    MonteCarlo,
    Normal,
    Triangular,
    Uniform,
    decimal_of,
    draws_of,
    spread_of,
)
from settlement_service.domain.simulation.checks import check_question
from settlement_service.domain.simulation.scenario import Model, Outcome, Question, Scenario
from settlement_service.domain.simulation.simulate import Simulated, SimulationTooLarge, simulate

from ..builders import PAYER, a_cap, a_metric, a_rule
from ..supposing import jobs, model_of, of, simulated, total

BINOMIAL = Binomial(kind="binomial", n=100, p="0.31")
CASES: tuple[tuple[Any, bool, str, str, str], ...] = (
    (Certain(kind="fixed", value="7"), True, "7", "7", "7"),
    (Uniform(kind="uniform", low="10", high="12"), True, "10", "11", "12"),
    (Uniform(kind="uniform", low="-1", high="1"), False, "-0.95", "0", "0.95"),
    (BINOMIAL, True, "22", "31", "40"),
    (Binomial(kind="binomial", n=0, p="0.5"), True, "0", "0", "0"),
    (Binomial(kind="binomial", n=10, p="1"), True, "10", "10", "10"),
    (Binomial(kind="binomial", n=10, p="0"), True, "0", "0", "0"),
    (Normal(kind="normal", mean="50.5", sd="2"), False, "46.6", "50.5", "54.4"),
    (Normal(kind="normal", mean="0", sd="5"), True, "0", "0", "10"),
    (Triangular(kind="triangular", low="0", mode="10", high="10"), False, "1.58", "7.07", "9.87"),
    (Triangular(kind="triangular", low="4", mode="4", high="4"), True, "4", "4", "4"),
)
"""A distribution, whether it counts, and where 2.5, 50 and 97.5 percent of its draws end."""


@pytest.mark.parametrize(("distribution", "whole", "low", "middle", "high"), CASES)
def test_draws_are_as_the_distribution_says(distribution: Any, whole: bool, low: str, middle: str, high: str) -> None:
    drawn = sorted(draws_of(distribution, dice(42, 0), 4_000, whole_numbers=whole))
    near = (drawn[-1] - drawn[0]) / 20 + int(whole)
    for place, wanted in ((100, low), (2_000, middle), (3_900, high)):
        assert abs(drawn[place] - Fraction(wanted)) <= near


def test_the_mean_of_a_binomial_is_n_times_p() -> None:
    drawn = draws_of(BINOMIAL, dice(1, 0), 10_000, whole_numbers=True)
    mean = sum(drawn, Fraction(0)) / 10_000
    assert Fraction("30.8") < mean < Fraction("31.2")


def test_draws_are_the_same_on_every_machine() -> None:
    counts = [int(one) for one in draws_of(BINOMIAL, dice(42, 0), 8, whole_numbers=True)]
    normal = Normal(kind="normal", mean="0", sd="1")
    values = [decimal_of(one) for one in draws_of(normal, dice(42, 1), 3, whole_numbers=False)]
    assert (counts, values) == ([41, 30, 34, 37, 34, 29, 30, 34], ["0.636724", "-0.509770", "-1.716810"])


def test_a_quantile_is_what_so_many_draws_do_not_exceed() -> None:
    spread = spread_of({10: 1, 20: 1, 30: 1, 40: 1})
    assert (spread.mean_minor, dict(spread.quantiles)) == (25, {5: 10, 25: 10, 50: 20, 75: 30, 95: 40})
    assert dict(spread_of({7: 3}).quantiles) == {5: 7, 25: 7, 50: 7, 75: 7, 95: 7}
    assert spread_of({0: 1, 5: 1}).mean_minor == 3, "half a minor unit is rounded up"


def answered(model: Model, scenario: Scenario, *chances: Chance, runs: int = 200, seed: int = 42) -> Simulated:
    said = MonteCarlo(seed=seed, runs=runs, distributions=chances)
    question = Question(scenarios=(scenario,), monte_carlo=said)
    check_question(model, question)
    [found] = simulate(model, question, partial(dice, seed))
    return found


def chance(distribution: Any, outcome: int = 0) -> Chance:
    return Chance(scenario="one", outcome=outcome, distribution=distribution)


def test_what_is_certain_is_paid_as_the_scenario_is() -> None:
    terms = model_of(a_rule("job", 10_000), caps=[a_cap("person", 9_000), a_cap("contract", 50_000)])
    certain = Certain(kind="fixed", value="7")
    found = answered(terms, of(jobs(3)), chance(certain))
    assert found.spreads is not None
    paid = total(simulated(terms, jobs(7)))
    assert {minor for _, minor in found.spreads.total.quantiles} == {paid}
    assert (found.spreads.total.mean_minor, total(found)) == (paid, 27_000)
    assert found.spreads.by_payer == {PAYER: found.spreads.total}


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    terms = model_of(a_rule("job", 10_000), a_rule("home", 7_777))
    scenario = of(jobs(30), jobs(10, metric="home"))
    chances = chance(BINOMIAL), chance(Uniform(kind="uniform", low="0", high="40"), 1)
    assert answered(terms, scenario, *chances) == answered(terms, scenario, *chances)
    assert answered(terms, scenario, *chances).spreads != answered(terms, scenario, *chances, seed=43).spreads


def test_one_outcome_more_changes_no_draw_of_another() -> None:
    terms = model_of(a_rule("job", 10_000), a_rule("home", 1))
    alone = answered(terms, of(jobs(0)), chance(BINOMIAL)).spreads
    beside = answered(terms, of(jobs(0), jobs(0, metric="home")), chance(BINOMIAL)).spreads
    assert alone == beside


def test_values_are_drawn_too() -> None:
    metric = a_metric("job", subject="cohort", reports="measurement")
    terms = model_of(metrics=[metric])
    outcome = Outcome(metric="job", cohort="first", value="1")
    assert answered(terms, of(outcome), chance(Normal(kind="normal", mean="1", sd="0.5"))).spreads is not None


def test_draws_never_count_more_people_than_are_enrolled() -> None:
    terms = model_of(a_rule("job", 100))
    scenario = of(jobs(3), first=5)
    found = answered(terms, scenario, chance(Uniform(kind="uniform", low="0", high="50")))
    assert found.spreads is not None
    assert dict(found.spreads.total.quantiles)[95] == 500


def test_too_many_different_draws_are_refused_with_how_many_there_may_be() -> None:
    terms = model_of(a_rule("job", 100), a_rule("home", 100), caps=[a_cap("person", 10_000), a_cap("contract", 50_000)])
    wide = Uniform(kind="uniform", low="0", high="400")
    with pytest.raises(SimulationTooLarge) as caught:
        answered(terms, of(jobs(3), jobs(3, metric="home")), chance(wide), chance(wide, 1), runs=10_000)
    [fault] = caught.value.errors
    assert fault.pointer == "/monteCarlo/runs"
    runs = int(fault.detail.split()[1])
    assert 10 < runs < 1_000


FAULTS: tuple[tuple[Any, str, str], ...] = (
    (Chance(scenario="two", outcome=0, distribution=BINOMIAL), "scenario-unknown", "/scenario"),
    (chance(BINOMIAL, 3), "outcome-unknown", "/outcome"),
    (chance(BINOMIAL, -1), "outcome-unknown", "/outcome"),
    (chance(Binomial(kind="binomial", n=-1, p="0.5")), "number-out-of-range", "/distribution/n"),
    (chance(Binomial(kind="binomial", n=5, p="1.5")), "number-out-of-range", "/distribution/p"),
    (chance(Binomial(kind="binomial", n=5, p="a half")), "quantity-not-valid", "/distribution/p"),
    (chance(Uniform(kind="uniform", low="5", high="4")), "bounds-order", "/distribution/high"),
    (chance(Uniform(kind="uniform", low="0.5", high="4")), "number-out-of-range", "/distribution/low"),
    (chance(Normal(kind="normal", mean="5", sd="-1")), "number-out-of-range", "/distribution/sd"),
    (chance(Triangular(kind="triangular", low="1", mode="0", high="3")), "bounds-order", "/distribution/mode"),
    (chance(Certain(kind="fixed", value="-1")), "number-out-of-range", "/distribution/value"),
)


@pytest.mark.parametrize(("one", "code", "below"), FAULTS)
def test_what_cannot_be_drawn_is_refused(one: Chance, code: str, below: str) -> None:
    with pytest.raises(Invalid) as caught:
        answered(model_of(a_rule("job")), of(jobs(3)), one)
    assert [(fault.code, fault.pointer) for fault in caught.value.errors] == [
        (code, f"/monteCarlo/distributions/0{below}")
    ]


def test_each_outcome_is_drawn_once_and_a_draw_is_of_what_is_counted() -> None:
    metric = a_metric("job", subject="cohort")
    with pytest.raises(Invalid) as caught:
        answered(model_of(metrics=[metric]), of(Outcome(metric="job", cohort="first")), chance(BINOMIAL))
    assert [fault.code for fault in caught.value.errors] == ["outcome-not-countable"]
    with pytest.raises(Invalid) as caught:
        answered(model_of(a_rule("job")), of(jobs(3)), chance(BINOMIAL), chance(BINOMIAL))
    assert [fault.code for fault in caught.value.errors] == ["stands-twice"]


def _thrown(throw: int, sides: int) -> int:
    return throw * sides // 1000


def test_every_number_of_a_binomial_is_as_likely_as_it_should_be() -> None:
    n, p = 12, Fraction("0.3")
    exact = [Fraction(comb(n, k)) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    for throw in range(0, 1000, 7):
        [number] = draws_of(
            Binomial(kind="binomial", n=n, p="0.3"),
            partial(_thrown, throw),
            1,
            whole_numbers=True,
        )
        below = sum(exact[: int(number)], Fraction(0))
        assert below <= Fraction(throw, 1000) <= below + exact[int(number)]
