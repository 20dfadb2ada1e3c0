import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit.database.database import Database, DatabaseUnavailable
from services.kit.testing import Urls, as_admin


@pytest.fixture
async def database(kit_database: Urls) -> AsyncIterator[Database]:
    database = Database(kit_database.owner, application="test", pool=2)
    async with database.transaction() as connection:
        await connection.execute(text("create table counter (id int primary key, number int not null)"))
        await connection.execute(text("insert into counter values (1, 0), (2, 0)"))
    yield database
    await database.close()


async def test_row_level_security_sees_the_organisation_for_one_transaction_only(database: Database) -> None:
    seen = text("select current_setting('app.org', true)")
    async with database.transaction("0088:9521000000018") as connection:
        assert (await connection.execute(seen)).scalar_one() == "0088:9521000000018"
    async with database.transaction() as connection:
        assert (await connection.execute(seen)).scalar_one() == ""


async def test_an_error_rolls_back(database: Database, kit_database: Urls) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text("update counter set number = 9"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(work)
    assert await as_admin(kit_database, "select max(number) as most from counter") == [{"most": 0}]


async def test_who_loses_a_deadlock_does_it_again(database: Database, kit_database: Urls) -> None:
    async def count(first: int, second: int) -> None:
        async def work(connection: AsyncConnection) -> None:
            for row in (first, second):
                await connection.execute(text(f"update counter set number = number + 1 where id = {row}"))
                await asyncio.sleep(0.2)

        await database.run(work)

    await asyncio.gather(count(1, 2), count(2, 1))
    assert await as_admin(kit_database, "select number from counter") == [{"number": 2}, {"number": 2}]


async def test_a_lock_that_is_never_free_is_unavailable_and_not_a_failure(database: Database) -> None:
    async def lock(connection: AsyncConnection) -> None:
        await connection.execute(text("set local lock_timeout = '20ms'"))
        await connection.execute(text("select * from counter where id = 1 for update"))

    async with database.transaction() as connection:
        await connection.execute(text("select * from counter where id = 1 for update"))
        with pytest.raises(DatabaseUnavailable):
            await database.run(lock)


async def test_a_connection_that_is_cut_is_unavailable_and_the_next_one_works(
    database: Database, kit_database: Urls
) -> None:
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test' and state <> 'idle'"

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text("select 1"))
        await as_admin(kit_database, cut)
        await connection.execute(text("select 1"))

    with pytest.raises(DatabaseUnavailable):
        await database.run(work)
    async with database.transaction() as connection:
        assert (await connection.execute(text("select 1"))).scalar_one() == 1


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    nowhere = Database("postgresql+asyncpg://nobody@/nothing?host=/nowhere", application="test")
    with pytest.raises(DatabaseUnavailable):
        await nowhere.run(lambda connection: connection.execute(text("select 1")))
    await nowhere.close()
