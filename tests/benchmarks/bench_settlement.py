"""Benchmarks: a settlement of a million evaluated claims, against PostgreSQL's sum over the same rows."""

import asyncio
import time
from dataclasses import dataclass, field
from statistics import median
from uuid import UUID

from tests.benchmarks.harness import Memory, Row, interpreter
from tests.benchmarks.settling import Bench, open_bench

TARGET = 5.0
ROUNDS = 3
CLAIMS = 1_000_000
CONTRACT_CAP = "70000000.00"
"""It cuts nothing, and might have: the claims come to 65,650,000.00."""

_SUM = "select sum(gross_minor)::bigint as total from item where contract_id = :contract"
_COUNT = "select count(*) as items from settled_item where settlement_id = :id"
_CANCEL = "update settlement set state = 'cancelled' where id = ':settlement'"


@dataclass(slots=True)
class _Found:
    """What was measured, in seconds and MiB, and what came out."""

    ours: list[float] = field(default_factory=list)
    summed: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    posted: float = 0
    posting_memory: float = 0
    accrued: float = 0
    items: int = 0


def run() -> Row:
    """Freezing and calculating, with items, lines and hashes kept, committed; alternating with the sum."""
    return _row(asyncio.run(_measured()))


async def _measured() -> _Found:
    measured = _Found()
    async with open_bench() as bench:
        contract_id = await bench.contract(CLAIMS, CONTRACT_CAP)
        measured.accrued = await bench.accrue(contract_id)
        for number in range(ROUNDS):
            measured.summed.append(await _sum(bench, contract_id))
            settlement = await bench.prepare(contract_id, "correction")
            with Memory() as memory:
                measured.ours.append(await bench.freeze(settlement))
            measured.memory.append(memory.mebibytes)
            if number < ROUNDS - 1:
                await bench.script(_CANCEL.replace(":settlement", str(settlement.id)))
        measured.items = (await bench.row(_COUNT, id=settlement.id)).items
        with Memory() as memory:
            measured.posted = await bench.post(settlement)
        measured.posting_memory = memory.mebibytes
    return measured


async def _sum(bench: Bench, contract_id: UUID) -> float:
    """The better of two: the first brings the rows into memory."""
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        await bench.row(_SUM, contract=contract_id)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _row(measured: _Found) -> Row:
    ours, summed = median(measured.ours), median(measured.summed)
    figures = (
        f"settled {1000 * ours:.0f} ms ({measured.items:,} items; lines and hashes kept, committed), sum(bigint) "
        f"{1000 * summed:.0f} ms; memory {max(measured.memory):.0f} MiB above idle; accrued as facts arrive "
        f"in {measured.accrued:.0f} s ({1e6 * measured.accrued / CLAIMS:.0f} us a claim); "
        f"posted in {measured.posted:.1f} s, {measured.posting_memory:.0f} MiB above idle; "
        f"{CLAIMS:,} claims, {ROUNDS} alternating rounds; {interpreter()}"
    )
    return Row(
        "settlement",
        median(ours / other for ours, other in zip(measured.ours, measured.summed, strict=True)),
        TARGET,
        figures,
    )
