"""Kit: the database and the three roles of a service, and its schema brought to the newest revision."""

import asyncio
import re
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from services.kit.database.connections import Connection, connect, disconnect

ROLES = ("owner", "app", "worker")
ADMINISTRATION = "postgres"
"""The database that every server has."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,50}", re.ASCII)
_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps what it works on in its module: two upgrades in one process would meet there."""


async def provision(admin_url: str, service: str, *, database: str = "") -> None:
    """Makes the database `database` (by default named as the service) and the roles `<service>_owner`, `_app` and
    `_worker`; what is there already is put right. Nobody else but these and the administrator may connect.
    `admin_url` is that of any database of the server, as an administrator. Errors: CONNECTION_ERRORS."""
    name = database or service
    if not _NAME.fullmatch(service) or not _NAME.fullmatch(name):
        raise ValueError("services and databases are named in lower-case letters, digits and _")
    server = await connect(_of_database(admin_url, ADMINISTRATION), "provision")
    try:
        # One at a time, until all is done: PostgreSQL lets two change one role, or one schema's rights, only in turn.
        # This lock is the database's, hence always the same database; it may be waited for longer than others.
        await server.execute("set lock_timeout = 0")
        await server.execute("select pg_advisory_lock(hashtext('provision'))")
        await _make_roles(server, service)
        await _make_database(server, service, name)
        await _close_schema(_of_database(admin_url, name))
    finally:
        await disconnect(server)


async def _close_schema(url: str) -> None:
    inside = await connect(url, "provision")
    try:
        await inside.execute("revoke all on schema public from public")
    finally:
        await disconnect(inside)


def _of_database(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


async def _make_roles(server: Connection, service: str) -> None:
    for role in ROLES:
        who = f"{service}_{role}"
        if not await server.fetchval("select true from pg_roles where rolname = $1", who):
            await server.execute(f"create role {who}")
        await server.execute(f"alter role {who} login nosuperuser nobypassrls nocreatedb nocreaterole noreplication")


async def _make_database(server: Connection, service: str, name: str) -> None:
    if not await server.fetchval("select true from pg_database where datname = $1", name):
        # A copy of a template fails while somebody is connected to the template; nobody connects to this one.
        await server.execute(f"create database {name} owner {service}_owner template template0")
    everyone = ", ".join(f"{service}_{role}" for role in ROLES)
    await server.execute(f"revoke all on database {name} from public")
    await server.execute(f"grant connect on database {name} to {everyone}")


async def migrate(service_root: Path, url: str) -> None:
    """Brings a database to the newest revision in `service_root`/migrations. `url` is as the role `_owner`.
    Errors: those of the migrations, sqlalchemy.exc.DBAPIError."""
    await asyncio.to_thread(_upgrade, service_root, url)


def _upgrade(service_root: Path, url: str) -> None:
    config = Config(service_root / "alembic.ini")
    config.attributes["url"] = url
    with _ONE_AT_A_TIME:
        command.upgrade(config, "head")
