"""Tests: databases and roles: who serves is nobody special, and a schema comes to its newest revision."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.kit.database.provisioning import migrate, provision
from services.kit.local.postgres import Postgres
from services.kit.process import clock

ENV = "from services.kit.database.alembic_env import run\nfrom sqlalchemy import MetaData\nrun(MetaData())\n"
FIRST = """
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.execute("create table thing (id int)")
    op.execute("grant usage on schema public to trial_app")
"""
SECOND = """
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.execute("alter table thing add column name text")
"""
BROKEN = """
from alembic import op
revision, down_revision = "0003", "0002"
def upgrade():
    op.execute("create table other (id int)")
    op.execute("select no_such_column from thing")
"""


@pytest.fixture
async def database(postgres: Postgres) -> str:
    name = f"trial_{clock.random_id().hex[:8]}"
    await provision(postgres.url("postgres"), "trial", database=name)
    return name


@pytest.fixture
def service(tmp_path: Path) -> Path:
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n")
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    revise(tmp_path, "0001", FIRST)
    return tmp_path


def revise(service: Path, name: str, what: str) -> None:
    (service / "migrations" / "versions" / f"{name}.py").write_text(what)


@asynccontextmanager
async def connected(postgres: Postgres, database: str, role: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(postgres.url(database, role).replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


async def test_nobody_who_serves_is_superuser_and_roles_own_nothing(
    postgres: Postgres, database: str, service: Path
) -> None:
    await migrate(service, postgres.url(database, "trial_owner"))
    async with connected(postgres, database, "postgres") as admin:
        roles = await admin.fetch("select * from pg_roles where rolname like 'trial\\_%' order by rolname")
        assert [role["rolname"] for role in roles] == ["trial_app", "trial_owner", "trial_worker"]
        for role in roles:
            assert role["rolcanlogin"]
            for power in ("rolsuper", "rolbypassrls", "rolcreatedb", "rolcreaterole", "rolreplication"):
                assert not role[power], f"{role['rolname']} has {power}"
        owned = await admin.fetch(
            "select pg_get_userbyid(relowner) as owner from pg_class where relnamespace = 'public'::regnamespace"
        )
        assert {row["owner"] for row in owned} == {"trial_owner"}
        assert await admin.fetchval("select pg_get_userbyid(datdba) from pg_database where datname = $1", database) == (
            "trial_owner"
        )


async def test_nobody_else_may_connect(postgres: Postgres, database: str) -> None:
    await provision(postgres.url("postgres"), "stranger", database=f"stranger_{clock.random_id().hex[:8]}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with connected(postgres, database, "stranger_app"):
            pass


@pytest.mark.parametrize("role", ["trial_app", "trial_worker"])
async def test_who_serves_makes_no_tables(postgres: Postgres, database: str, role: str) -> None:
    async with connected(postgres, database, role) as connection:
        for statement in ("create table public.mine (id int)", "create schema mine", "create temporary table mine ()"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_provisioning_again_and_at_once_changes_nothing(postgres: Postgres, database: str) -> None:
    url = postgres.url("postgres")
    await asyncio.gather(*(provision(url, "trial", database=database) for _ in range(4)))


async def test_provisioning_takes_away_what_a_role_should_not_have(postgres: Postgres) -> None:
    name = f"risen_{clock.random_id().hex[:8]}"
    await provision(postgres.url("postgres"), "risen", database=name)
    async with connected(postgres, "postgres", "postgres") as admin:
        await admin.execute("alter role risen_app superuser")
        await provision(postgres.url("postgres"), "risen", database=name)
        assert not await admin.fetchval("select rolsuper from pg_roles where rolname = 'risen_app'")


async def test_names_that_are_no_names_are_refused(postgres: Postgres) -> None:
    with pytest.raises(ValueError, match="lower-case"):
        await provision(postgres.url("postgres"), 'x"; drop role postgres')


async def test_the_app_may_read_at_which_revision_the_schema_is(
    postgres: Postgres, database: str, service: Path
) -> None:
    await migrate(service, postgres.url(database, "trial_owner"))
    async with connected(postgres, database, "trial_app") as app:
        assert await app.fetchval("select version_num from alembic_version") == "0001"


async def test_a_schema_comes_to_its_newest_revision_and_stays(
    postgres: Postgres, database: str, service: Path
) -> None:
    url = postgres.url(database, "trial_owner")
    await migrate(service, url)
    revise(service, "0002", SECOND)
    await migrate(service, url)
    await migrate(service, url)
    async with connected(postgres, database, "trial_owner") as owner:
        await owner.execute("insert into thing (id, name) values (1, 'one')")
        assert await owner.fetchval("select version_num from alembic_version") == "0002"


async def test_a_revision_that_fails_leaves_those_before_it_and_nothing_of_itself(
    postgres: Postgres, database: str, service: Path
) -> None:
    revise(service, "0002", SECOND)
    revise(service, "0003", BROKEN)
    with pytest.raises(Exception, match="no_such_column"):
        await migrate(service, postgres.url(database, "trial_owner"))
    async with connected(postgres, database, "trial_owner") as owner:
        assert await owner.fetchval("select version_num from alembic_version") == "0002"
        assert await owner.fetchval("select to_regclass('other')") is None


async def test_a_migration_that_meets_a_lock_is_run_again(
    postgres: Postgres, database: str, service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kit.database.alembic_env.LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr("services.kit.database.alembic_env.PAUSE_SECONDS", 0.1)
    url = postgres.url(database, "trial_owner")
    await migrate(service, url)
    revise(service, "0002", SECOND)
    async with connected(postgres, database, "trial_owner") as reader:
        async with reader.transaction():
            await reader.fetch("select * from thing")
            upgrade = asyncio.create_task(migrate(service, url))
            await asyncio.sleep(0.6)
            assert not upgrade.done()
        await upgrade
        assert await reader.fetchval("select version_num from alembic_version") == "0002"


async def test_two_migrations_at_once_follow_each_other(postgres: Postgres, database: str, service: Path) -> None:
    revise(service, "0002", SECOND)
    command = [
        sys.executable,
        "-m",
        "alembic",
        "-c",
        str(service / "alembic.ini"),
        "-x",
        f"url={postgres.url(database, 'trial_owner')}",
    ]
    runs = [await asyncio.create_subprocess_exec(*command, "upgrade", "head") for _ in range(2)]
    assert [await run.wait() for run in runs] == [0, 0]


async def test_a_migration_without_an_address_says_how_to_give_one(
    service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENZYM_MIGRATION_URL", raising=False)
    with pytest.raises(ValueError, match="ENZYM_MIGRATION_URL"):
        await migrate(service, "")
