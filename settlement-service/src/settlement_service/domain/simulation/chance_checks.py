"""Domain: faults of the distributions of a simulation."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from services.core.errors import FieldError
from services.core.measurement import is_decimal
from services.core.terms.faults.plain import decimal, fault, within
from settlement_service.domain.simulation.chance import (
    Binomial,
    Chance,
    Distribution,
    MonteCarlo,
    Normal,
    Triangular,
    Uniform,
)
from settlement_service.domain.simulation.scenario import Outcome

MOST_RUNS = 10_000
MOST_SEED = (1 << 53) - 1
MOST_CHANCES = 50
MOST_SUBJECTS = 100_000
MOST_TRIED = 10_000


def faults_of_chance(
    monte_carlo: MonteCarlo | None, scenarios: Mapping[str, Sequence[Outcome]]
) -> Iterator[FieldError]:
    """Faults of the outcomes that are drawn. `scenarios` are all outcomes by the name of their scenario."""
    if monte_carlo is None:
        return
    at = "/monteCarlo"
    yield from within(monte_carlo.seed, 0, MOST_SEED, f"{at}/seed")
    yield from within(monte_carlo.runs, 1, MOST_RUNS, f"{at}/runs")
    yield from within(len(monte_carlo.distributions), 1, MOST_CHANCES, f"{at}/distributions")
    taken: set[tuple[str, int]] = set()
    for place, chance in enumerate(monte_carlo.distributions[:MOST_CHANCES]):
        here = f"{at}/distributions/{place}"
        if (chance.scenario, chance.outcome) in taken:
            yield fault(here, "stands-twice", "Each outcome has one distribution.")
        taken.add((chance.scenario, chance.outcome))
        yield from _of_chance(chance, scenarios, here)


def _of_chance(chance: Chance, scenarios: Mapping[str, Sequence[Outcome]], at: str) -> Iterator[FieldError]:
    outcomes = scenarios.get(chance.scenario)
    if outcomes is None:
        yield fault(f"{at}/scenario", "scenario-unknown", "The name of one of the scenarios.")
        return
    if not 0 <= chance.outcome < len(outcomes):
        yield fault(f"{at}/outcome", "outcome-unknown", "The place of an outcome in the scenario, from 0.")
        return
    outcome = outcomes[chance.outcome]
    counts_subjects = outcome.value is None
    if counts_subjects and outcome.people is None and outcome.sites is None:
        allowed = "An outcome with `people`, `sites` or a `value`: that is what is drawn."
        yield fault(f"{at}/outcome", "outcome-not-countable", allowed)
        return
    distribution, here = chance.distribution, f"{at}/distribution"
    not_decimal = [each for field, text in _decimals(distribution) for each in decimal(text, f"{here}/{field}")]
    # Bounds are compared as numbers: all of them have to be numbers first.
    yield from not_decimal or _of_numbers(distribution, here, counts_subjects)


def _of_numbers(distribution: Distribution, at: str, counts_subjects: bool) -> Iterator[FieldError]:
    if counts_subjects:
        yield from _not_whole(distribution, at)
    yield from _of_distribution(distribution, at)


def _decimals(distribution: Distribution) -> Iterator[tuple[str, str]]:
    for field in ("value", "low", "mode", "high", "mean", "sd", "p"):
        text = getattr(distribution, field, None)
        if text is not None:
            yield field, text


def _not_whole(distribution: Distribution, at: str) -> Iterator[FieldError]:
    """People and sites are counted in whole numbers. A mean and a deviation around which they are drawn need not be
    whole."""
    for field, text in _decimals(distribution):
        if field not in ("sd", "p", "mean") and not _is_count(text):
            allowed = f"A whole number from 0 to {MOST_SUBJECTS}: it counts people or sites."
            yield fault(f"{at}/{field}", "number-out-of-range", allowed)


def _of_distribution(distribution: Distribution, at: str) -> Iterator[FieldError]:
    match distribution:
        case Uniform() if Fraction(distribution.low) > Fraction(distribution.high):
            yield fault(f"{at}/high", "bounds-order", "Not below `low`.")
        case Binomial():
            yield from within(distribution.n, 0, MOST_TRIED, f"{at}/n")
            if not 0 <= Fraction(distribution.p) <= 1:
                yield fault(f"{at}/p", "number-out-of-range", "From 0 to 1.")
        case Normal() if Fraction(distribution.sd) < 0:
            yield fault(f"{at}/sd", "number-out-of-range", "Zero or more.")
        case Triangular() if (
            not Fraction(distribution.low) <= Fraction(distribution.mode) <= Fraction(distribution.high)
        ):
            yield fault(f"{at}/mode", "bounds-order", "Not below `low`, and not above `high`.")
        case _:
            return


def _is_count(text: str) -> bool:
    return is_decimal(text) and Fraction(text).denominator == 1 and 0 <= Fraction(text) <= MOST_SUBJECTS
