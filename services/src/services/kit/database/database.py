"""Kit: the database, and the only place that begins and commits a transaction."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.core.errors import Unavailable

T = TypeVar("T")

TRY_AGAIN = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock not available: the whole transaction may simply be run again."""
TRIES = 3


class DatabaseUnavailable(Unavailable):
    """The database does not answer, or is too busy."""

    code = "database-unavailable"


class OutcomeUnknown(Unavailable):
    """The connection was cut while committing: nobody can say whether it happened."""

    code = "outcome-unknown"
    title = "It is not known whether this happened; send the same request again and you will be told"


def sqlstate(error: BaseException) -> str | None:
    """The five characters of PostgreSQL behind an exception of the driver, if there are any."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


class Database:
    """One database as one role. `url` is `postgresql+asyncpg://...`."""

    def __init__(self, url: str, *, application: str, pool: int = 8, statement_timeout_seconds: int = 5) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=True,
            connect_args={
                "timeout": 5,
                "server_settings": {
                    "application_name": application,
                    "timezone": "UTC",
                    "jit": "off",
                    "lock_timeout": "2s",
                    "statement_timeout": f"{statement_timeout_seconds}s",
                    "idle_in_transaction_session_timeout": "10s",
                    "client_connection_check_interval": "500ms",
                },
            },
        )

    @asynccontextmanager
    async def transaction(self, organisation: str = "") -> AsyncIterator[AsyncConnection]:
        """One transaction, committed when the block ends and rolled back when it raises. Row level security
        sees `organisation`. Errors: `DatabaseUnavailable` before anything was done, `OutcomeUnknown` when
        the connection is cut during the commit."""
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self.engine.connect())
            except (OSError, DBAPIError, TimeoutError, PoolTimeout) as error:
                raise DatabaseUnavailable() from error
            await connection.execute(_SET_ORGANISATION, {"organisation": organisation})
            yield connection
            try:
                await connection.commit()
            except (OSError, InterfaceError) as error:
                raise OutcomeUnknown() from error
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise OutcomeUnknown() from error
                raise

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]], organisation: str = "") -> T:
        """`work` in one transaction, the whole of it again (3 times, with jitter) when PostgreSQL says that it
        lost a race. Errors: those of `work`, of `transaction`, and `DatabaseUnavailable` after the last try."""
        for attempt in range(TRIES):
            try:
                async with self.transaction(organisation) as connection:
                    return await work(connection)
            except DBAPIError as error:
                if sqlstate(error) in TRY_AGAIN:
                    await asyncio.sleep(random.uniform(0.01, 0.05) * (attempt + 1))
                    continue
                if error.connection_invalidated:
                    raise DatabaseUnavailable() from error
                raise
        raise DatabaseUnavailable("Too many are working on the same thing; try again in a moment.")

    async def close(self) -> None:
        """Gives the connections back to the server."""
        await self.engine.dispose()


_SET_ORGANISATION = text("select set_config('app.org', :organisation, true)")
