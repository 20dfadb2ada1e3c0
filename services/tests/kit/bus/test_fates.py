"""Which trouble may pass, and which never does."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.core.errors import Broken, Refusal, Unavailable
from services.kit.database.database import Database
from services.kit.facts.consumer import is_transient
from services.kit.testing import Urls


@pytest.fixture
async def database(kit_database: Urls) -> AsyncIterator[Database]:
    database = Database(kit_database.worker, application="fates", statement_timeout_seconds=1)
    yield database
    await database.close()


@pytest.mark.parametrize(
    "error",
    [
        Unavailable(),
        ConnectionResetError(),
        TimeoutError(),
        httpx.ConnectError("no"),
        asyncpg.CannotConnectNowError("starting"),
        asyncpg.DeadlockDetectedError("lost"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("another operation is in progress"),
    ],
    ids=lambda error: type(error).__qualname__,
)
def test_what_has_to_do_with_the_moment_passes(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize("error", [Broken(), Refusal(), ValueError(), KeyError(), RuntimeError(), AssertionError()])
def test_what_has_to_do_with_the_fact_never_passes(error: Exception) -> None:
    assert not is_transient(error)


@pytest.mark.parametrize(
    ("statement", "passes"),
    [
        ("select pg_sleep(5)", True),
        ("select pg_terminate_backend(pg_backend_pid())", True),
        ("select * from a_table_of_tomorrow", True),
        ("truncate audit", True),
        ("select 1 / 0", False),
        ("select cast('not a number' as integer)", False),
        ("insert into fact_head values ('a', 0)", False),
    ],
)
async def test_trouble_in_the_database_is_told_apart(database: Database, statement: str, passes: bool) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with database.transaction() as connection:
            await connection.execute(text(statement))
    assert is_transient(raised.value) is passes


async def test_a_value_that_does_not_fit_its_column_never_passes(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with database.transaction() as connection:
            await connection.execute(text("select cast(:number as integer)"), {"number": "one"})
    assert not is_transient(raised.value)
