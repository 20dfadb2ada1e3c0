"""Tests: what contracts-service, outcomes-service and the gateway answer over HTTP: one answer of each shape."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from . import asked_contracts, asked_gateway, asked_outcomes
from .asking import Kept, a_postgres


@cache
def answers() -> tuple[Kept, ...]:
    """All of them. They are asked on a loop of their own: pytest's is not ours to end."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _answers()).result()


async def _answers() -> tuple[Kept, ...]:
    with a_postgres() as server:
        of_services = [*await asked_contracts.answers(server), *await asked_outcomes.answers(server)]
    return (*of_services, *await asked_gateway.answers())


def answered() -> Iterator[tuple[str, bytes]]:
    """Each as it is kept."""
    for kept in answers():
        yield kept.name, kept.raw()
