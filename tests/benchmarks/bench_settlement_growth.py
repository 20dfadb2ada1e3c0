"""Benchmarks: a settlement after one new claim, on histories of ten thousand to a million claims that are posted."""

import asyncio
from collections.abc import Sequence
from math import log10
from statistics import median
from uuid import UUID

from tests.benchmarks.harness import Row, interpreter
from tests.benchmarks.settling import Bench, open_bench

TARGET = 2.0
ROUNDS = 5
SIZES = (10_000, 100_000, 1_000_000)


def run() -> Row:
    """Times of a settlement after one new claim, by the size of the history behind it, alternating."""
    return _row(asyncio.run(_measured()))


async def _measured() -> dict[int, list[tuple[float, float]]]:
    rounds_of: dict[int, list[tuple[float, float]]] = {size: [] for size in SIZES}
    async with open_bench() as bench:
        contracts = {size: await bench.settled_contract(size) for size in SIZES}
        for number in range(ROUNDS + 1):
            for size, contract_id in contracts.items():
                rounds_of[size].append(await _one_more(bench, contract_id, number))
    return {size: rounds[1:] for size, rounds in rounds_of.items()}


async def _one_more(bench: Bench, contract_id: UUID, number: int) -> tuple[float, float]:
    """Seconds to freeze and calculate, and to post."""
    await bench.claim(contract_id, number)
    settlement = await bench.prepare(contract_id, "correction")
    return await bench.freeze(settlement), await bench.post(settlement)


def _row(rounds_of: dict[int, list[tuple[float, float]]]) -> Row:
    frozen, posted = (
        {size: median(times[n] for times in rounds) for size, rounds in rounds_of.items()} for n in (0, 1)
    )
    ratios = [medians[SIZES[-1]] / medians[SIZES[0]] for medians in (frozen, posted)]
    slopes = [log10(ratio) / log10(SIZES[-1] / SIZES[0]) for ratio in ratios]
    figures = (
        f"frozen and calculated {_said(list(frozen.values()))}, slope {slopes[0]:.3f} (log-log); posted "
        f"{_said(list(posted.values()))}, slope {slopes[1]:.3f}; one new claim on a history of "
        f"{', '.join(f'{size:,}' for size in SIZES)} posted claims; medians of {ROUNDS} alternating rounds; "
        f"{interpreter()}"
    )
    return Row("settlement-growth", ratios[0], TARGET, figures)


def _said(seconds: Sequence[float]) -> str:
    return ", ".join(f"{1000 * second:.1f} ms" for second in seconds)
