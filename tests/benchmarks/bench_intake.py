"""Benchmarks: claims and their decisions from Kafka into settlement's tables, against `\\copy` of the rows kept."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import log10
from statistics import median

from tests.benchmarks.consuming import Filling, Intake, Stage, open_stage
from tests.benchmarks.copying import seconds_to_copy, truncate
from tests.benchmarks.filling import PER_PERSON, activation
from tests.benchmarks.harness import Row, interpreter

from services.events.contracts import ContractActivated

TARGET, TARGET_SEVERAL, MOST_SLOPE = 0.20, 0.25, 0.1
ROUNDS = 3
CLAIMS = 100_000
SEVERAL = 4
SIZES = (10_000, 100_000, 1_000_000)
"""Facts, of which the slope tells; as many again as the first come behind the last, so that it is whole."""
MOST_SECONDS = 1_200
CONTRACT_CAP = "999999999.00"
TABLES = ("input", "inbox", "claim", "item", "open_subject")

_COUNTS = f"select {', '.join(f'(select count(*) from {table}) as {table}' for table in TABLES)}"
_PARKED = "select count(*) as facts from parked"
_FIRST = "select received_at as at, sequence from inbox order by sequence limit 1"
_BEHIND = """select received_at as at, sequence from inbox
    where sequence > :facts and received_at > (select received_at from inbox where sequence = :facts)
    order by sequence limit 1"""
"""The first fact of the transaction that follows the one in which so many had come."""


@dataclass(frozen=True, slots=True)
class _Round:
    """What the worker needed, and the seconds of \\copy for the same rows."""

    intake: Intake
    copied: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """Rounds of one contract and of SEVERAL; seconds a fact up to each of SIZES, from the one before it on."""

    single: Sequence[_Round]
    several: Sequence[_Round]
    growth: Sequence[float]


def run() -> Row:
    """Facts a second of one contract, of SEVERAL at once, and how they change as a contract's history grows."""
    return _row(asyncio.run(_measured()))


async def _measured() -> _Measured:
    async with asyncio.timeout(MOST_SECONDS), open_stage() as stage:
        await stage.intake(await stage.topic.fill(_contracts(stage, 1), CLAIMS // 20))
        single = await _rounds(stage, await stage.topic.fill(_contracts(stage, 1), CLAIMS))
        several = await _rounds(stage, await stage.topic.fill(_contracts(stage, SEVERAL), CLAIMS // SEVERAL))
        growth = await _growth(stage, await stage.topic.fill(_contracts(stage, 1), (SIZES[-1] + SIZES[0]) // 2))
    return _Measured(single, several, growth)


def _contracts(stage: Stage, count: int) -> list[ContractActivated]:
    """Contracts of which each has a partition of its own."""
    contracts: dict[int, ContractActivated] = {}
    while len(contracts) < count:
        agreed = activation(CONTRACT_CAP)
        contracts[stage.topic.partition(agreed.contract_id)] = agreed
    return list(contracts.values())


async def _rounds(stage: Stage, filling: Filling) -> list[_Round]:
    rounds = []
    for _ in range(ROUNDS):
        intake = await stage.intake(filling)
        await _check(stage, filling)
        copied = seconds_to_copy(stage.url, stage.folder, TABLES, partial(truncate, stage.url, *TABLES), together=True)
        rounds.append(_Round(intake, copied))
        _tell(f"{len(filling.contracts)} contracts: {intake}, \\copy {copied:.2f} s")
    return rounds


async def _check(stage: Stage, filling: Filling) -> None:
    """Errors: RuntimeError when a row is missing, or a fact was parked."""
    claims, contracts = filling.claims * len(filling.contracts), len(filling.contracts)
    kept = await stage.bench.row(_COUNTS)
    whole = (filling.facts + contracts, filling.facts, claims, claims, claims // PER_PERSON)
    if tuple(kept) != whole or (await stage.bench.row(_PARKED)).facts:
        raise RuntimeError(f"not everything was taken in: {kept}")


async def _growth(stage: Stage, filling: Filling) -> list[float]:
    """By when the inbox says that facts came: the end of each part is the beginning of the transaction after it."""
    intake = await stage.intake(filling)
    await _check(stage, filling)
    marks = [await stage.bench.row(_FIRST), *[await stage.bench.row(_BEHIND, facts=size) for size in SIZES]]
    growth = [
        (after.at - before.at).total_seconds() / (after.sequence - before.sequence) for before, after in pairwise(marks)
    ]
    _tell(f"{filling.facts:,} facts of one contract: {intake}, seconds a fact {growth}")
    return growth


def _row(measured: _Measured) -> Row:
    ratios = [
        median(each.copied / each.intake.seconds for each in side) for side in (measured.single, measured.several)
    ]
    slope = log10(measured.growth[-1] / measured.growth[0]) / log10(SIZES[-1] / SIZES[0])
    growth = ", ".join(f"{1 / seconds:.0f}" for seconds in measured.growth)
    figures = (
        f"one contract {_told(measured.single)}; {SEVERAL} contracts {_told(measured.several)}, ratio {ratios[1]:.2f} "
        f"(target {TARGET_SEVERAL:.2f}); up to {', '.join(f'{size:,}' for size in SIZES)} facts {growth} facts/s, "
        f"slope {slope:.3f} (log-log, target {MOST_SLOPE}); {CLAIMS:,} claims with their decisions, medians of "
        f"{ROUNDS} alternating rounds; {interpreter()}"
    )
    return Row("intake", ratios[0], TARGET, figures)


def _told(rounds: Sequence[_Round]) -> str:
    facts = 2 * CLAIMS
    ours, copied = (
        facts / median(each.intake.seconds for each in rounds),
        facts / median(each.copied for each in rounds),
    )
    worker, postgres = (
        1e6 * median(cpu) / facts
        for cpu in ([each.intake.worker for each in rounds], [each.intake.postgres for each in rounds])
    )
    return (
        f"{ours:.0f} facts/s, \\copy {copied:.0f} facts/s, CPU a fact {worker:.0f} us worker and {postgres:.0f} us "
        f"PostgreSQL, accrued {median(each.intake.working_out for each in rounds):.1f} s later"
    )


def _tell(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)
