"""Domain: distributions of outcomes that are drawn, and the spread of what many draws pay. No number here is a float:
the same dice give the same draws, to the last digit, on every machine."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Annotated, Literal, TypeAlias

from services.core.money import round_minor
from services.core.terms.figures import rounded
from services.core.terms.measures import Rounding
from services.core.values import BY_KIND, value
from settlement_service.domain.mechanisms.working import root

Dice: TypeAlias = Callable[[int], int]
"""A whole number from 0 up to, not including, what it is called with."""
Draw: TypeAlias = Callable[[Dice], Fraction]

FINE = 1 << 64
"""A chance is one of so many equal parts."""
FINEST = 1 << 192
"""The weight of the likeliest number of a binomial distribution, from which the weights of the others follow."""
BYTES = 48
"""A normal number is the sum of so many even bytes: within a thousandth of the true quantiles from 5 to 95 %."""
PLACES = 6
"""Decimals of a value that is drawn."""
QUANTILES = (5, 25, 50, 75, 95)


@value
class Certain:
    """Always the same value."""

    kind: Literal["fixed"]
    value: str


@value
class Uniform:
    """Every number from `low` to `high`, both included, with the same chance."""

    kind: Literal["uniform"]
    low: str
    high: str


@value
class Binomial:
    """How many of `n` succeed, each with the chance `p`."""

    kind: Literal["binomial"]
    n: int
    p: str


@value
class Normal:
    """Around `mean`, with the standard deviation `sd`."""

    kind: Literal["normal"]
    mean: str
    sd: str


@value
class Triangular:
    """From `low` to `high`, most likely `mode`."""

    kind: Literal["triangular"]
    low: str
    mode: str
    high: str


Distribution: TypeAlias = Annotated[Certain | Uniform | Binomial | Normal | Triangular, BY_KIND]


@value
class Chance:
    """An outcome that is drawn: the one at a place (from 0) of the scenario of that name. What is drawn is how many
    people or sites it is about, or its value."""

    scenario: str
    outcome: int
    distribution: Distribution


@value
class MonteCarlo:
    """So many runs, in each of which every outcome with a distribution is drawn anew. The same seed draws the same."""

    seed: int
    runs: int
    distributions: tuple[Chance, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean of amounts in minor units, and their quantiles: percent, and the amount that so many percent of the
    draws do not exceed."""

    mean_minor: int
    quantiles: tuple[tuple[int, int], ...]


def draws_of(distribution: Distribution, dice: Dice, runs: int, *, whole_numbers: bool) -> list[Fraction]:
    """So many numbers of a distribution, to PLACES decimals; of people and sites `whole_numbers`, not below zero."""
    draw = _draw(distribution, whole_numbers)
    if not whole_numbers:
        return [rounded(draw(dice), Rounding(mode="half_up", places=PLACES)) for _ in range(runs)]
    return [max(Fraction(0), rounded(draw(dice), Rounding(mode="half_up"))) for _ in range(runs)]


def decimal_of(number: Fraction) -> str:
    """A number of PLACES decimals as text: 1/4 is "0.250000"."""
    scaled = int(number * 10**PLACES)
    sign, digits = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(PLACES + 1, "0")
    return f"{sign}{digits[:-PLACES]}.{digits[-PLACES:]}"


def spread_of(amounts: Mapping[int, int]) -> Spread:
    """The spread of amounts in minor units, each with how often it was drawn. Of ten draws, 7 times 0 and 3 times
    100.00, the mean is 30.00, and the quantiles of 5, 25 and 50 percent are 0, those of 75 and 95 percent 100.00."""
    ordered = sorted(amounts.items())
    runs = sum(amounts.values())
    up_to = list(accumulate(times for _, times in ordered))
    mean = Fraction(sum(minor * times for minor, times in ordered), runs)
    quantiles = []
    for percent in QUANTILES:
        # Rounded up: of ten draws the 5 percent quantile is the first one, not none.
        rank = max(1, -(-percent * runs // 100))
        quantiles.append((percent, ordered[bisect_right(up_to, rank - 1)][0]))
    return Spread(round_minor(mean), tuple(quantiles))


def spreads(
    payments: Sequence[tuple[Mapping[str, int], int]], payers: Sequence[str]
) -> tuple[Spread, dict[str, Spread]]:
    """The spread of what is paid in all, and by each payer. `payments` are minor units by payer, with how often they
    were drawn."""
    total: Counter[int] = Counter()
    by_payer: dict[str, Counter[int]] = {payer: Counter() for payer in payers}
    for paid, times in payments:
        total[sum(paid.values())] += times
        for payer, amounts in by_payer.items():
            amounts[paid.get(payer, 0)] += times
    return spread_of(total), {payer: spread_of(amounts) for payer, amounts in by_payer.items()}


def _draw(distribution: Distribution, whole_numbers: bool) -> Draw:
    match distribution:
        case Certain():
            value = Fraction(distribution.value)
            return lambda dice: value
        case Uniform():
            low, width = Fraction(distribution.low), Fraction(distribution.high) - Fraction(distribution.low)
            if whole_numbers:
                return lambda dice: low + dice(int(width) + 1)
            return lambda dice: low + width * Fraction(dice(FINE), FINE - 1)
        case Binomial():
            table = _binomial(distribution.n, Fraction(distribution.p))
            return lambda dice: Fraction(bisect_right(table, dice(FINE)))
        case Normal():
            mean, deviation = Fraction(distribution.mean), Fraction(distribution.sd)
            return lambda dice: mean + deviation * _standard(dice)
        case Triangular():
            ends = Fraction(distribution.low), Fraction(distribution.mode), Fraction(distribution.high)
            return lambda dice: _triangular(*ends, Fraction(dice(FINE), FINE))


def _binomial(n: int, p: Fraction) -> list[int]:
    """For 0, 1, ... n - 1 successes: how many parts of FINE lie at or below each. For 2 at 0.5 these are a quarter and
    three quarters of FINE. Weights go down from the likeliest number by the ratio of each to the next, in whole
    numbers, until nothing is left of them: binomial coefficients of 10,000 would be too long to compute with."""
    hit, miss = p.numerator, p.denominator - p.numerator
    if not hit or not miss:
        return [FINE if not hit else 0] * n
    weights = [0] * (n + 1)
    mode = min(n, (n + 1) * hit // p.denominator)
    weights[mode] = FINEST
    for number in range(mode, n):
        weights[number + 1] = weights[number] * (n - number) * hit // ((number + 1) * miss)
    for number in range(mode, 0, -1):
        weights[number - 1] = weights[number] * number * miss // ((n - number + 1) * hit)
    up_to = list(accumulate(weights))
    return [so_far * FINE // up_to[-1] for so_far in up_to[:-1]]


def _standard(dice: Dice) -> Fraction:
    """A normal number of mean 0 and deviation 1: the sum of BYTES even numbers from 0 to 255, whose variance is
    65535 / 12 each."""
    total = sum(dice(256**BYTES).to_bytes(BYTES, "big"))
    return (total - Fraction(255 * BYTES, 2)) / _DEVIATION


_DEVIATION = root(Fraction(BYTES * 65535, 12))


def _triangular(low: Fraction, mode: Fraction, high: Fraction, part: Fraction) -> Fraction:
    """The number that so much of the triangle lies below."""
    width = high - low
    if width and part * width < mode - low:
        return low + root(part * width * (mode - low))
    return high - root((1 - part) * width * (high - mode))
