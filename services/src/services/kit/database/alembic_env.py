"""Kit: Alembic's environment for every service; its `migrations/env.py` calls `run` and nothing else.

Migrations run as the owner of the database, one transaction each, and never wait long for a lock: a queue behind
them would stop the service. Two that run at once follow each other.
"""

import asyncio
import os
import time

from alembic import context
from sqlalchemy import Connection, MetaData, NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from services.kit.database.database import TRY_AGAIN, sqlstate

PATIENCE_SECONDS = 60
PAUSE_SECONDS = 1
LOCK_TIMEOUT = "2s"
VARIABLE = "ENZYM_MIGRATION_URL"


def run(metadata: MetaData) -> None:
    """Upgrades (or whatever Alembic was asked for) the database of `alembic -x url=...`, of ENZYM_MIGRATION_URL,
    or the one that `migrate` names. A lost race for a lock is run again for a minute.
    Errors: ValueError when no database is named, and those of the migrations."""
    url = (
        context.config.attributes.get("url")
        or context.get_x_argument(as_dictionary=True).get("url")
        or os.environ.get(VARIABLE)
    )
    if not url:
        raise ValueError(f"Name the database: alembic -x url=postgresql+asyncpg://... or {VARIABLE}.")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return asyncio.run(_migrate(url, metadata))
        except DBAPIError as error:
            if sqlstate(error) not in TRY_AGAIN or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)


async def _migrate(url: str, metadata: MetaData) -> None:
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        connect_args={"server_settings": {"application_name": "migrations", "lock_timeout": LOCK_TIMEOUT}},
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run_migrations, metadata)
    finally:
        await engine.dispose()


def _run_migrations(connection: Connection, metadata: MetaData) -> None:
    with connection.begin():
        # Of the session, so that it outlasts the transactions of all revisions; given back by disconnecting.
        connection.execute(text("select pg_advisory_lock(hashtext('migrations'))"))
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.rollback()  # what Alembic only looked at
    with connection.begin():
        # Every process compares it with its own revision before it says that it is ready.
        if connection.execute(text("select to_regclass('alembic_version')")).scalar():
            connection.execute(text("grant select on alembic_version to public"))
