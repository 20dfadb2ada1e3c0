"""Migration: what settlement knows of contracts: terms, the log of inputs, claims, items, what is posted."""

from alembic import op

from services.kit.database.migrations import create_kit_tables, only_grows, run_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
create table contract (
    id uuid primary key,
    party_ids text[] not null default '{}',
    payer_ids text[] not null default '{}',
    left_ids text[] not null default '{}',
    activation json,
    terminated_on date,
    settlements integer not null default 0 check (settlements >= 0),
    check ((activation is null) = (party_ids = '{}'))
);
comment on column contract.left_ids is 'parties of earlier terms, and not of those in effect';
create index contract_party_ids on contract using gin (party_ids);
create table readership (
    contract_id uuid not null references contract,
    scope text not null,
    reader_ids text[] not null,
    primary key (contract_id, scope)
);
create table input (
    contract_id uuid not null references contract,
    position bigint not null check (position >= 1),
    source text not null,
    sequence bigint not null check (sequence >= 1),
    part integer not null check (part >= 0),
    type text not null,
    scope text not null,
    salt bytea not null check (octet_length(salt) = 16),
    body bytea not null,
    leaf bytea not null,
    primary key (contract_id, position),
    unique (contract_id, source, sequence, part),
    check (leaf = sha256('\\x00' || sha256(salt || body)))
);
create table claim (
    id uuid primary key,
    contract_id uuid not null references contract,
    metric text not null,
    subject_id uuid not null,
    occurrence text not null,
    achieved_on date not null,
    units bigint not null,
    reported_by text not null,
    order_key text not null,
    state text not null check (state in ('submitted', 'verified', 'rejected', 'returned', 'withdrawn', 'superseded')),
    disputed boolean not null,
    decided_by text[] not null,
    decided_at timestamptz,
    superseded_by uuid
);
create index claim_of_person on claim (contract_id, subject_id, metric);
create index claim_not_counting on claim (contract_id) where state <> 'verified';
create table item (
    contract_id uuid not null references contract,
    claim_id uuid not null references claim,
    rule text not null,
    metric text not null,
    subject_id uuid not null,
    occurrence text not null,
    achieved_on date not null,
    order_key text not null,
    claimed_units bigint not null,
    price_minor bigint not null check (price_minor >= 0),
    units bigint not null check (units >= 0),
    gross_minor bigint not null check (gross_minor = price_minor * units),
    reason text check (reason is null or gross_minor = 0),
    decided_by text[] not null,
    decided_at timestamptz,
    primary key (contract_id, claim_id, rule)
);
create unique index item_live on item (contract_id, rule, subject_id, occurrence) where reason is null;
create table posted_item (
    contract_id uuid not null references contract,
    rule text not null,
    subject_id uuid not null,
    occurrence text not null,
    price_minor bigint not null,
    payer text not null,
    payee text not null,
    claim_id uuid not null,
    achieved_on date not null,
    units bigint not null,
    gross_minor bigint not null,
    cut_person_minor bigint not null,
    cut_rule_minor bigint not null,
    cut_contract_minor bigint not null,
    primary key (contract_id, rule, subject_id, occurrence, price_minor, payer, payee)
);
"""

GRANTS = """
grant select on contract, readership, input, claim, item, posted_item to settlement_app, settlement_worker;
grant update (settlements) on contract to settlement_app;
grant insert on contract, readership, input, claim, item to settlement_worker;
grant update (party_ids, payer_ids, left_ids, activation, terminated_on) on contract to settlement_worker;
grant update (state, disputed, decided_by, decided_at, superseded_by) on claim to settlement_worker;
grant delete on item to settlement_worker;
"""

ASKING = "current_setting('app.org', true)"
ITSELF = f"{ASKING} = 'service:settlement-service'"
"""The service's own question, asked where an answer must count what the caller may not see in itself: what everybody
takes up under a cap, and the leaves of a tree. Only sums and hashes of it go out."""
PAYS = f"contract_id in (select id from contract where payer_ids @> array[{ASKING}])"
READABLE = f"select contract_id, scope from readership where reader_ids @> array[{ASKING}]"
"""The scopes of each contract that the caller may read participant-level rows of; never an investor."""
OF_RULE = f"{PAYS} or (contract_id, 'rule/' || rule) in ({READABLE}) or {ITSELF}"

READ = {
    "readership": f"{PAYS} or reader_ids @> array[{ASKING}]",
    "input": f"{PAYS} or (contract_id, scope) in ({READABLE}) or {ITSELF}",
    "claim": f"{PAYS} or (contract_id, 'metric/' || metric) in ({READABLE})",
    "item": OF_RULE,
    "posted_item": OF_RULE,
}

CONTRACT_POLICIES = f"""
alter table contract enable row level security;
alter table contract force row level security;
create policy parties on contract for select to settlement_app using (party_ids @> array[{ASKING}]);
create policy itself on contract for select to settlement_app using ({ITSELF});
create policy payers on contract for update to settlement_app
    using (payer_ids @> array[{ASKING}]) with check (payer_ids @> array[{ASKING}]);
create policy worker on contract to settlement_worker using (true) with check (true);
"""

POLICIES = """
alter table {table} enable row level security;
alter table {table} force row level security;
create policy readers on {table} for select to settlement_app using ({rule});
create policy worker on {table} to settlement_worker using (true) with check (true);
"""


def upgrade() -> None:
    connection = op.get_bind()
    create_kit_tables(connection, "settlement")
    for script in (TABLES, GRANTS, CONTRACT_POLICIES):
        run_script(connection, script)
    for table, rule in READ.items():
        run_script(connection, POLICIES.format(table=table, rule=rule))
    only_grows(connection, "input")
