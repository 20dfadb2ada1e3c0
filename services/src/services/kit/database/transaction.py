"""Kit: what a use case is handed: one open transaction, who asks, and when it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit.database.database import Database
from services.kit.process import clock
from services.kit.process.caller import Caller, service_caller

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Transaction:
    """One command's (or one consumed fact's) transaction. `now` is UTC and the same for all that it writes."""

    connection: AsyncConnection
    caller: Caller
    now: datetime
    correlation_id: UUID


async def run_as_service(
    database: Database,
    service: str,
    work: Callable[[Transaction], Awaitable[T]],
    now: Callable[[], datetime] = clock.now,
) -> T:
    """`work` in one transaction of the service itself, under a correlation id of its own: no request asked for it.
    Begun anew as `Database.run` says. Errors: those of `work` and of it."""
    caller = service_caller(service)
    return await database.run(
        lambda connection: work(Transaction(connection, caller, now(), clock.random_id())), caller.organisation
    )
