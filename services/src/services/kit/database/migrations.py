"""Kit: databases, roles and the DDL of the kit's own tables; Alembic's environment for every service."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

KIT_TABLES_1 = """
create table fact (
    id bigint generated always as identity primary key,
    event_id uuid not null,
    type text not null,
    aggregate text not null,
    sequence bigint not null check (sequence >= 1),
    recorded_at timestamptz not null,
    correlation_id uuid not null,
    body json not null,
    unique (aggregate, sequence)
);
create table fact_unpublished (fact_id bigint primary key);
create table fact_head (aggregate text primary key, sequence bigint not null check (sequence >= 1));
create table idempotency (
    organisation_id text not null,
    key text not null,
    fingerprint bytea not null,
    status integer,
    headers jsonb,
    body bytea,
    recorded_at timestamptz not null,
    primary key (organisation_id, key)
);
create table audit (
    id bigint generated always as identity primary key,
    recorded_at timestamptz not null,
    issuer text not null,
    subject text not null,
    actor text not null,
    organisation_id text not null,
    operation text not null,
    object text not null,
    outcome text not null,
    correlation_id uuid not null
);
create table inbox (
    source text not null,
    aggregate text not null,
    sequence bigint not null check (sequence >= 1),
    event_id uuid not null,
    sha256 bytea not null,
    received_at timestamptz not null,
    primary key (source, aggregate, sequence)
);
create table inbox_head (
    source text not null,
    aggregate text not null,
    sequence bigint not null check (sequence >= 1),
    primary key (source, aggregate)
);
create table parked (
    id bigint generated always as identity primary key,
    source text not null,
    aggregate text not null,
    sequence bigint not null,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    headers jsonb not null,
    value bytea not null,
    reason text not null,
    parked_at timestamptz not null,
    replayed_at timestamptz,
    unique (source, aggregate, sequence)
);
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on % is refused: rows here are only ever added', tg_op, tg_table_name;
end $$;
"""

KIT_GRANTS_1 = """
grant usage on schema public to {app}, {worker};
grant select, insert on fact, fact_unpublished, audit to {app}, {worker};
grant usage on sequence fact_id_seq to {app}, {worker};
grant select, insert, update on fact_head to {app}, {worker};
grant select, insert, update, delete on idempotency to {app};
grant delete on fact_unpublished to {worker};
grant select, insert on inbox to {worker};
grant select, insert, update on inbox_head, parked to {worker};
grant select on inbox_head, parked to {app};
alter table idempotency enable row level security;
alter table idempotency force row level security;
create policy own_keys on idempotency to {app}
    using (organisation_id = current_setting('app.org', true))
    with check (organisation_id = current_setting('app.org', true));
alter table audit enable row level security;
alter table audit force row level security;
create policy own_deeds on audit to {app}
    using (organisation_id = current_setting('app.org', true))
    with check (organisation_id = current_setting('app.org', true));
create policy worker_deeds on audit to {worker} using (true) with check (true);
alter table fact enable row level security;
alter table fact force row level security;
create policy said_by_app on fact for insert to {app} with check (true);
create policy read_by_services on fact for select to {app}
    using (current_setting('app.org', true) like 'service:%');
create policy worker_facts on fact to {worker} using (true) with check (true);
"""


def run_script(connection: Connection, script: str) -> None:
    """Runs several statements, separated by semicolons, in the migration's transaction. The driver prepares what
    goes through SQLAlchemy, and a prepared statement is a single one."""
    connection.execute(text("select 1"))  # the transaction begins here: below, SQLAlchemy does not look on
    driver: Any = connection.connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def only_grows(connection: Connection, *tables: str) -> None:
    """Makes UPDATE, DELETE and TRUNCATE on these tables fail loudly, whoever tries."""
    for table in tables:
        connection.execute(
            text(
                f"create trigger {table}_only_grows before update or delete or truncate on {table} "
                "for each statement execute function refuse_change()"
            )
        )


def create_kit_tables(connection: Connection, service: str) -> None:
    """The kit's tables, grants and policies, version 1; called by the first migration of every service.
    `service` is the prefix of its roles (`contracts` has `contracts_owner`, `_app`, `_worker`)."""
    run_script(connection, KIT_TABLES_1)
    run_script(connection, KIT_GRANTS_1.format(app=f"{service}_app", worker=f"{service}_worker"))
    only_grows(connection, "fact", "audit", "inbox")
