"""Tests: what earlier, unreleased migrations made is carried over; where it cannot be, it is said how to begin anew."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

from services.kit.database.connections import Connection, connect, disconnect
from services.kit.database.provisioning import migrate
from services.kit.process import clock
from services.kit.testing import Urls, as_admin
from settlement_service.app import ABOUT

NewDatabase = Callable[[str, Path | None], Awaitable[Urls]]

SCHEMA = """
with mine as (select * from pg_class where relnamespace = 'public'::regnamespace and relname <> 'alembic_version')
select concat_ws(' ', relname, attname, format_type(atttypid, atttypmod), attnotnull, attcollation, attacl,
    col_description(mine.oid, attnum)) from pg_attribute join mine on mine.oid = attrelid
    where attnum > 0 and not attisdropped and relkind <> 'i'
union select concat_ws(' ', relname, relacl, relrowsecurity, relforcerowsecurity, reloptions,
    obj_description(oid, 'pg_class')) from mine
union select pg_get_viewdef(oid) from mine where relkind = 'v'
union select pg_get_indexdef(oid) from mine where relkind = 'i'
union select concat_ws(' ', relname, conname, pg_get_constraintdef(pg_constraint.oid))
    from pg_constraint join mine on mine.oid = conrelid where contype <> 'n'
union select pg_get_triggerdef(pg_trigger.oid) from pg_trigger join mine on mine.oid = tgrelid where not tgisinternal
union select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
union select pg_policies::text from pg_policies
"""
"""All that the owner's tables are, but for names that nothing refers to: of columns of an index, and of NOT NULL."""
ANY = {
    "bigint": "0",
    "date": "'2026-01-01'",
    "integer": "0",
    "text": "''",
    "jsonb": "'{}'",
    "uuid": "'019a0000-0000-7000-8000-000000000000'",
    "ARRAY": "'{}'",
    "boolean": "false",
    "bytea": "sha256('')",
}
"""A value for each type, where no test looks at it."""


@pytest.mark.parametrize(
    "earlier",
    [
        "alter table contract drop column left_ids cascade",
        "alter table settlement_item rename column measured_people to behind",
    ],
)
async def test_what_earlier_migrations_made_is_refused_also_without_a_contract(
    new_database: NewDatabase, earlier: str
) -> None:
    urls = await new_database("settlement", ABOUT.folder)
    await as_admin(urls, earlier)
    await as_admin(urls, "update alembic_version set version_num = '0004'")
    with pytest.raises(RuntimeError, match="made by an earlier unreleased version"):
        await migrate(ABOUT.folder, urls.owner)


async def test_accruals_of_an_earlier_form_are_carried_over(new_database: NewDatabase) -> None:
    urls, fresh = await _earlier_database(new_database), await new_database("settlement", ABOUT.folder)
    plain, begun, apart = [clock.random_id() for _ in range(3)]
    inside = await connect(urls.admin, "test")
    try:
        await inside.execute("set session_replication_role = replica")  # rows without the contract that they refer to
        for subject, its in {plain: (False, False), begun: (True, False), apart: (True, True)}.items():
            own = {"subject_id": subject, "last_on": date(2026, 5, 9)}
            await _insert(inside, "due_line", **own, begun=its[0], apart=its[1])
            await _insert(inside, "due_item", **own | ({} if subject == plain else {"last_on": None}), behind=7)
            await _insert(inside, "settled_apart", subject_id=subject)
    finally:
        await disconnect(inside)

    await migrate(ABOUT.folder, urls.owner)

    assert await _rows(urls, SCHEMA) == await _rows(fresh, SCHEMA)
    whole_from = date(2026, 5, 10)
    assert await _rows(urls, "select subject_id, whole_from, in_part from accrual") == {
        (plain, whole_from, True),
        (begun, whole_from, False),
        (apart, None, False),
    }
    assert await _rows(urls, "select subject_id, whole_from, measured_people from accrued_item") == {
        (plain, whole_from, 7),
        (begun, None, 7),
        (apart, None, 7),
    }
    assert await _rows(urls, "select subject_id from settled_individually") == {(plain,), (begun,), (apart,)}


async def _earlier_database(new_database: NewDatabase) -> Urls:
    """A database as the first form of 0005 left it."""
    urls = await new_database("settlement", None)
    config = Config(ABOUT.folder / "alembic.ini")
    config.attributes["url"] = urls.owner
    await asyncio.to_thread(command.upgrade, config, "0004")
    owner = await connect(urls.owner, "test")
    try:
        await owner.execute(Path(__file__).with_name("earlier_0005.sql").read_text(encoding="utf-8"))
        await owner.execute("update alembic_version set version_num = '0005'")
    finally:
        await disconnect(owner)
    return urls


async def _insert(inside: Connection, table: str, **values: Any) -> None:
    """Inserts a row of any values but these."""
    columns = await inside.fetch(
        "select column_name, data_type from information_schema.columns where table_name = $1 and is_nullable = 'NO'",
        table,
    )
    others = {name: ANY[kind] for name, kind in columns if name not in values}
    given = {name: f"${place}" for place, name in enumerate(values, start=1)}
    names, shown = ", ".join([*others, *given]), ", ".join([*others.values(), *given.values()])
    await inside.execute(f"insert into {table} ({names}) values ({shown})", *values.values())


async def _rows(urls: Urls, query: str) -> set[tuple[Any, ...]]:
    return {tuple(row.values()) for row in await as_admin(urls, query)}
