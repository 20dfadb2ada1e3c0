"""Migration: the registry: organisations, contracts, versions of terms in parts, signatures."""

from alembic import op

from services.kit.database.migrations import create_kit_tables, only_grows, run_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
create table organisation (
    id text primary key,
    name text not null,
    units jsonb not null,
    revision integer not null check (revision >= 1),
    registered_at timestamptz not null
);
create table contract (
    id uuid primary key,
    title text not null,
    decision_ref text,
    procurement_ref text,
    state text not null
        check (state in ('draft', 'proposed', 'signed', 'active', 'suspended', 'completed', 'terminated')),
    revision integer not null check (revision >= 1),
    version integer not null check (version >= 1),
    party_ids text[] not null check (cardinality(party_ids) >= 2),
    terminated_on date,
    created_at timestamptz not null,
    check ((state = 'terminated') = (terminated_on is not null))
);
create index contract_party_ids on contract using gin (party_ids);
create table terms_version (
    contract_id uuid not null references contract,
    version integer not null check (version >= 1),
    state text not null check (state in ('draft', 'proposed', 'signed', 'effective', 'replaced')),
    root text not null check (root ~ '^[0-9a-f]{64}$'),
    root_document bytea not null check (encode(sha256(root_document), 'hex') = root),
    effective_from date not null,
    party_ids text[] not null,
    recorded_at timestamptz not null,
    primary key (contract_id, version)
);
alter table contract add foreign key (id, version)
    references terms_version (contract_id, version) deferrable initially deferred;
create table terms_part (
    contract_id uuid not null,
    version integer not null,
    name text not null check (name in ('outcomes', 'payment', 'investment')),
    content bytea not null check (octet_length(content) <= 524288),
    salt bytea not null check (octet_length(salt) = 16),
    sha256 text not null check (encode(sha256(salt || content), 'hex') = sha256),
    reader_ids text[] not null,
    primary key (contract_id, version, name),
    foreign key (contract_id, version) references terms_version
);
create table signature (
    contract_id uuid not null,
    version integer not null,
    organisation_id text not null references organisation,
    root text not null,
    issuer text not null,
    subject text not null,
    actor text not null check (actor in ('person', 'system')),
    jws text check (octet_length(jws) <= 8192),
    signed_at timestamptz not null,
    primary key (contract_id, version, organisation_id),
    foreign key (contract_id, version) references terms_version
);
"""

NEVER_CHANGED = """
create trigger terms_version_only_its_state before
    update of contract_id, version, root, root_document, effective_from, party_ids, recorded_at or delete or truncate
    on terms_version for each statement execute function refuse_change();
create trigger contract_never_gone before
    update of id, title, decision_ref, procurement_ref, created_at or delete or truncate
    on contract for each statement execute function refuse_change();
create trigger organisation_never_gone before update of id, registered_at or delete or truncate
    on organisation for each statement execute function refuse_change();
"""

GRANTS = """
grant select, insert on organisation, contract, terms_version, terms_part, signature to contracts_app;
grant update (name, units, revision) on organisation to contracts_app;
grant update (state, revision, version, party_ids, terminated_on) on contract to contracts_app;
grant update (state) on terms_version to contracts_app;
"""

ASKING = "current_setting('app.org', true)"

POLICIES = f"""
alter table organisation enable row level security;
alter table organisation force row level security;
create policy everybody_reads on organisation for select to contracts_app using ({ASKING} <> '');
create policy own_entry on organisation for insert to contracts_app with check ({ASKING} = id);
create policy own_change on organisation for update to contracts_app
    using ({ASKING} = id) with check ({ASKING} = id);

alter table contract enable row level security;
alter table contract force row level security;
create policy parties on contract to contracts_app
    using (party_ids @> array[{ASKING}]) with check (party_ids @> array[{ASKING}]);
create policy services_read on contract for select to contracts_app using ({ASKING} like 'service:%');

alter table terms_version enable row level security;
alter table terms_version force row level security;
create policy parties on terms_version to contracts_app
    using (party_ids @> array[{ASKING}] and exists (select from contract where id = contract_id))
    with check (party_ids @> array[{ASKING}] and exists (select from contract where id = contract_id));

alter table terms_part enable row level security;
alter table terms_part force row level security;
create policy readers on terms_part for select to contracts_app
    using ({ASKING} = any (reader_ids) and exists (select from contract where id = contract_id));
create policy parties on terms_part for insert to contracts_app
    with check (exists (select from contract where id = contract_id));

alter table signature enable row level security;
alter table signature force row level security;
create policy parties on signature for select to contracts_app using (
    exists (
        select from terms_version
        where terms_version.contract_id = signature.contract_id and terms_version.version = signature.version
    )
);
create policy own_signature on signature for insert to contracts_app
    with check ({ASKING} = organisation_id and exists (select from contract where id = contract_id));
"""


def upgrade() -> None:
    connection = op.get_bind()
    create_kit_tables(connection, "contracts")
    run_script(connection, TABLES)
    only_grows(connection, "terms_part", "signature")
    for script in (NEVER_CHANGED, GRANTS, POLICIES):
        run_script(connection, script)
