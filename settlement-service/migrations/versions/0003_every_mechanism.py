"""Migration: items without a unit price, several payers, versions of terms side by side, who was enrolled."""

from alembic import op
from sqlalchemy import text

from services.kit.database.migrations import only_grows, run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOT_EMPTY = (
    "This database holds contracts of an earlier unreleased version, whose inputs are written in another form. "
    "Start with an empty one (on one machine: make forget)."
)

FIGURES = """
    {0}units bigint not null,
    {0}gross_minor bigint not null,
    {0}cut_person_minor bigint not null,
    {0}cut_rule_minor bigint not null,
    {0}cut_period_minor bigint not null,
    {0}cut_contract_minor bigint not null,
    {0}retained_minor bigint not null,
    {0}cut_payer_minor bigint not null,
    {0}shares jsonb not null,
"""

TABLES = f"""
alter table contract add column amendments text[] not null default '{{}}';
alter table contract add column suspended boolean not null default false;
alter table claim add column measurement jsonb;
alter table input add column achieved_on date;
comment on column input.achieved_on is 'of a fact on a claim: who was paid until a day is given what came before it';
alter table readership drop constraint readership_pkey;
alter table readership add column before date;
alter table readership add unique nulls not distinct (contract_id, scope, before);
comment on column readership.before is 'the readers may read what was achieved before that day alone';
create table enrolment (
    contract_id uuid not null references contract,
    subject_id uuid not null,
    cohort text not null,
    enrolled_on date not null,
    primary key (contract_id, subject_id, cohort, enrolled_on)
);
drop table item, posted_item, settlement_line, settlement_item;
create table item (
    contract_id uuid not null references contract,
    claim_id uuid not null references claim,
    rule text not null,
    metric text not null,
    version integer not null,
    subject_id uuid not null,
    occurrence text not null,
    achieved_on date not null,
    order_key text not null,
    claimed_units bigint not null,
    price_minor bigint,
    units bigint not null check (units >= 0),
    gross_minor bigint not null check (price_minor is null or gross_minor = price_minor * units),
    reason text check (reason is null or gross_minor = 0),
    decided_by text[] not null,
    decided_at timestamptz,
    working json,
    primary key (contract_id, claim_id, rule)
);
create unique index item_live on item (contract_id, rule, subject_id, occurrence) where reason is null;
create index item_of_subject on item (contract_id, subject_id);
create table posted_item (
    contract_id uuid not null references contract,
    rule text not null,
    subject_id uuid not null,
    occurrence text not null,
    price_minor bigint,
    payee text not null,
    claim_id uuid,
    version integer not null,
    achieved_on date not null,
    {FIGURES.format("")}
    unique nulls not distinct (contract_id, rule, subject_id, occurrence, price_minor, payee)
);
create table settlement_line (
    settlement_id uuid not null references settlement,
    contract_id uuid not null references contract,
    number integer not null,
    rule text not null,
    kind text not null,
    price_minor bigint,
    payee text not null,
    nature text not null,
    people integer not null,
    {FIGURES.format("")}
    amount_minor bigint not null,
    primary key (settlement_id, number),
    check (amount_minor = gross_minor - cut_person_minor - cut_rule_minor - cut_period_minor - cut_contract_minor
        - retained_minor - cut_payer_minor)
);
create table settlement_item (
    settlement_id uuid not null,
    contract_id uuid not null,
    rule text not null,
    subject_id uuid not null,
    occurrence text collate "C" not null,
    price_minor bigint,
    payee text not null,
    claim_id uuid,
    version integer not null,
    achieved_on date not null,
    order_key text not null,
    claimed_units bigint not null,
    {FIGURES.format("now_")}
    {FIGURES.format("before_")}
    measured_people integer not null,
    reason text,
    decided_by text[] not null,
    decided_at timestamptz,
    working json,
    sha256 bytea not null check (octet_length(sha256) = 32)
);
create unique index settlement_item_in_place on settlement_item
    (settlement_id, rule, price_minor, payee, subject_id, achieved_on, occurrence) nulls not distinct;
comment on table settlement_item is
    'a million at a time: rows are added by who holds the settlement alone, so no reference is looked up for each';
comment on column settlement_item.sha256 is 'over the canonical JSON of the item: itemsSha256 follows from these';
create index posted_item_of_subject on posted_item (contract_id, subject_id);
create table open_subject (
    contract_id uuid not null references contract,
    subject_id uuid not null,
    position bigint not null,
    primary key (contract_id, subject_id)
);
comment on table open_subject is
    'subjects of whom something may be due that is not posted; position is the last input that touched them';
create table posted_total (
    contract_id uuid not null references contract,
    rule text not null,
    payee text not null,
    month text not null,
    payer text not null,
    under_caps_minor bigint not null,
    amount_minor bigint not null,
    primary key (contract_id, rule, payee, month, payer)
);
comment on table posted_total is
    'what is posted by rule, payee and month of achievement; with an empty payer in sum, else what that payer pays';
create table input_chunk (
    contract_id uuid not null references contract,
    number bigint not null check (number >= 1),
    root bytea not null check (octet_length(root) = 32),
    primary key (contract_id, number)
);
comment on table input_chunk is 'roots of the complete parts of the tree of inputs: they never change';
"""

GRANTS = """
grant select on enrolment, item, posted_item, settlement_line, settlement_item to settlement_app, settlement_worker;
grant insert on enrolment, item, settlement_line, settlement_item to settlement_worker;
grant update (amendments, suspended) on contract to settlement_worker;
grant insert, update on posted_item to settlement_worker;
grant select, insert, update, delete on open_subject to settlement_worker;
grant select, insert, update on posted_total to settlement_worker;
grant select, insert on input_chunk to settlement_worker;
grant delete on item, readership to settlement_worker;
"""

ASKING = "current_setting('app.org', true)"
ITSELF = f"{ASKING} = 'service:settlement-service'"
PAYS = f"contract_id in (select id from contract where payer_ids @> array[{ASKING}])"
READABLE = f"select contract_id, scope from readership where reader_ids @> array[{ASKING}] and before is null"
OF_RULE = f"{PAYS} or (contract_id, 'rule/' || rule) in ({READABLE}) or {ITSELF}"
OF_PAYEE = f"{PAYS} or (contract_id, 'rule/' || rule || '/' || payee) in ({READABLE}) or {ITSELF}"
"""An amendment may change who is paid by a rule: each reads what is or was due to itself."""
LOGGED = f"""{PAYS} or (contract_id, scope) in ({READABLE}) or {ITSELF} or exists (
    select from readership ended where ended.contract_id = input.contract_id and ended.scope = input.scope
        and ended.reader_ids @> array[{ASKING}] and input.achieved_on < ended.before)"""
OF_METRIC = f"{PAYS} or (contract_id, 'metric/' || metric) in ({READABLE}) or {ITSELF}"

READ = {
    "enrolment": f"{PAYS} or (contract_id, 'people') in ({READABLE}) or {ITSELF}",
    "item": OF_RULE,
    "posted_item": OF_PAYEE,
    "settlement_line": OF_PAYEE,
    "settlement_item": OF_PAYEE,
    "open_subject": "false",
    "posted_total": "false",
    "input_chunk": "false",
}

POLICIES = """
alter table {table} enable row level security;
alter table {table} force row level security;
create policy readers on {table} for select to settlement_app using ({rule});
create policy worker on {table} to settlement_worker using (true) with check (true);
"""

OTHER_POLICIES = f"""
drop policy readers on input;
create policy readers on input for select to settlement_app using ({LOGGED});
drop policy readers on claim;
create policy readers on claim for select to settlement_app using ({OF_METRIC});
"""


def upgrade() -> None:
    connection = op.get_bind()
    run_script(connection, "alter table contract no force row level security")
    if connection.execute(text("select exists (select from contract)")).scalar():
        raise RuntimeError(NOT_EMPTY)
    run_script(connection, "alter table contract force row level security")
    run_script(connection, TABLES)
    run_script(connection, GRANTS)
    for table, rule in READ.items():
        run_script(connection, POLICIES.format(table=table, rule=rule))
    run_script(connection, OTHER_POLICIES)
    only_grows(connection, "enrolment", "settlement_line", "settlement_item", "input_chunk")
