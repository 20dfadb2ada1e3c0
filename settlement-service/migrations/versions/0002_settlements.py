"""Migration: settlements, what each party is told of them, and the ledger."""

from alembic import op

from services.kit.database.migrations import only_grows, run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SETTLEMENTS = """
create table settlement (
    id uuid primary key,
    contract_id uuid not null references contract,
    number integer not null check (number >= 1),
    kind text not null check (kind in ('scheduled', 'correction')),
    period_start date not null,
    period_end date not null,
    state text not null check (
        state in ('open', 'frozen', 'calculated', 'approved', 'posted', 'partly_paid', 'paid', 'cancelled')
    ),
    revision integer not null check (revision >= 1),
    prepared_issuer text not null,
    prepared_subject text not null,
    prepared_organisation text not null,
    prepared_actor text not null check (prepared_actor in ('person', 'system')),
    prepared_at timestamptz not null,
    heads jsonb,
    waiting jsonb not null default '[]',
    terms_version integer,
    known jsonb not null default '[]',
    inputs bigint,
    inputs_sha256 text,
    items_sha256 text,
    content_sha256 text,
    calculated_at timestamptz,
    posted_at timestamptz,
    document_on date,
    accounting_on date,
    value_on date,
    unique (contract_id, number),
    check (period_start < period_end),
    check (state in ('open', 'cancelled') or content_sha256 is not null),
    check ((state in ('posted', 'partly_paid', 'paid')) = (posted_at is not null))
);
create unique index settlement_unposted on settlement (contract_id)
    where state in ('open', 'frozen', 'calculated', 'approved');
create unique index settlement_of_period on settlement (contract_id, period_start, period_end)
    where kind = 'scheduled' and state <> 'cancelled';
create index settlement_open on settlement (prepared_at) where state = 'open';
create index settlement_approved on settlement (prepared_at) where state = 'approved';
create table settlement_line (
    settlement_id uuid not null references settlement,
    contract_id uuid not null references contract,
    number integer not null,
    rule text not null,
    price_minor bigint not null,
    payer text not null,
    payee text not null,
    people integer not null,
    units bigint not null,
    gross_minor bigint not null,
    cut_person_minor bigint not null,
    cut_rule_minor bigint not null,
    cut_contract_minor bigint not null,
    amount_minor bigint not null,
    primary key (settlement_id, number),
    check (amount_minor = gross_minor - cut_person_minor - cut_rule_minor - cut_contract_minor)
);
create table settlement_item (
    settlement_id uuid not null references settlement,
    contract_id uuid not null references contract,
    number integer not null,
    rule text not null,
    subject_id uuid not null,
    occurrence text not null,
    price_minor bigint not null,
    payer text not null,
    payee text not null,
    claim_id uuid not null,
    achieved_on date not null,
    order_key text not null,
    claimed_units bigint not null,
    now_units bigint not null,
    now_gross_minor bigint not null,
    now_cut_person_minor bigint not null,
    now_cut_rule_minor bigint not null,
    now_cut_contract_minor bigint not null,
    before_units bigint not null,
    before_gross_minor bigint not null,
    before_cut_person_minor bigint not null,
    before_cut_rule_minor bigint not null,
    before_cut_contract_minor bigint not null,
    reason text,
    decided_by text[] not null,
    decided_at timestamptz,
    primary key (settlement_id, number)
);
create index settlement_item_of_line on settlement_item (settlement_id, rule, price_minor, number);
create table statement (
    settlement_id uuid not null references settlement,
    contract_id uuid not null references contract,
    organisation_id text not null,
    content bytea not null,
    content_sha256 text not null check (encode(sha256(content), 'hex') = content_sha256),
    previously_minor bigint not null,
    total_minor bigint not null,
    primary key (settlement_id, organisation_id)
);
create table approval (
    settlement_id uuid not null references settlement,
    contract_id uuid not null references contract,
    organisation_id text not null,
    issuer text not null,
    subject text not null,
    content_sha256 text not null,
    approved_at timestamptz not null,
    primary key (settlement_id, issuer, subject)
);
"""

LEDGER = """
create table entry (
    id uuid primary key,
    contract_id uuid not null references contract,
    settlement_id uuid not null references settlement,
    kind text not null check (kind in ('approval', 'payment', 'payment_reversal')),
    currency text not null,
    document_on date not null,
    accounting_on date not null,
    value_on date not null,
    recorded_at timestamptz not null,
    reverses uuid unique references entry,
    check ((kind = 'payment_reversal') = (reverses is not null))
);
create index entry_of_contract on entry (contract_id, id);
create table posting (
    entry_id uuid not null references entry,
    number integer not null,
    contract_id uuid not null references contract,
    settlement_id uuid not null references settlement,
    account text not null,
    organisation_id text not null,
    amount_minor bigint not null check (amount_minor <> 0),
    primary key (entry_id, number)
);
create index posting_of_settlement on posting (settlement_id, account);
create table payment (
    id uuid primary key,
    settlement_id uuid not null references settlement,
    contract_id uuid not null references contract,
    payer text not null,
    payee text not null,
    reference text not null,
    outcome text not null check (outcome in ('paid', 'rejected')),
    amount_minor bigint not null,
    paid_on date not null,
    entry_id uuid references entry,
    issuer text not null,
    subject text not null,
    recorded_at timestamptz not null,
    unique (contract_id, payer, reference, outcome)
);
create index payment_of_settlement on payment (settlement_id);
create function entry_balances() returns trigger language plpgsql as $$
begin
    if (select sum(amount_minor) from posting where entry_id = new.entry_id) <> 0 then
        raise exception 'the postings of an entry sum to zero';
    end if;
    return null;
end $$;
create constraint trigger posting_balances after insert on posting
    deferrable initially deferred for each row execute function entry_balances();
"""

GRANTS = """
grant select on settlement, settlement_line, settlement_item, statement, approval, entry, posting, payment
    to settlement_app, settlement_worker;
grant insert on settlement, approval, entry, posting, payment to settlement_app;
grant update (state, revision) on settlement to settlement_app;
grant insert on settlement_line, settlement_item, statement, entry, posting to settlement_worker;
grant update (state, revision, heads, waiting, terms_version, known, inputs, inputs_sha256, items_sha256,
    content_sha256, calculated_at, posted_at, document_on, accounting_on, value_on) on settlement to settlement_worker;
"""

ASKING = "current_setting('app.org', true)"
ITSELF = f"{ASKING} = 'service:settlement-service'"
PAYS = f"contract_id in (select id from contract where payer_ids @> array[{ASKING}])"
IS_PARTY = "contract_id in (select id from contract)"
STAYED = f"contract_id in (select id from contract where not left_ids @> array[{ASKING}])"
"""Who left by an amendment sees the settlements that it was told of; everybody else those of its contracts."""
READABLE = f"select contract_id, scope from readership where reader_ids @> array[{ASKING}]"
OF_RULE = f"{PAYS} or (contract_id, 'rule/' || rule) in ({READABLE}) or {ITSELF}"

READ = {
    "settlement": f"{STAYED} or exists (select from statement where settlement_id = id and organisation_id = {ASKING})",
    "settlement_line": OF_RULE,
    "settlement_item": OF_RULE,
    "statement": f"organisation_id = {ASKING} or {ITSELF}",
    "approval": IS_PARTY,
    "posting": f"{PAYS} or organisation_id = {ASKING}",
    "entry": f"{PAYS} or id in (select entry_id from posting)",
    "payment": f"{PAYS} or payee = {ASKING}",
}
"""Who may read rows of each table."""

ADD = {
    "settlement": PAYS,
    "approval": f"{PAYS} and organisation_id = {ASKING}",
    "entry": f"{PAYS} and kind <> 'approval'",
    "posting": PAYS,
    "payment": f"{PAYS} and payer = {ASKING}",
}
"""Who may add them through the door: payers, and nobody else. What is approved is posted by the worker alone."""

POLICIES = """
alter table {table} enable row level security;
alter table {table} force row level security;
create policy readers on {table} for select to settlement_app using ({rule});
create policy worker on {table} to settlement_worker using (true) with check (true);
"""


def upgrade() -> None:
    connection = op.get_bind()
    for script in (SETTLEMENTS, LEDGER, GRANTS):
        run_script(connection, script)
    for table, rule in READ.items():
        run_script(connection, POLICIES.format(table=table, rule=rule))
    for table, rule in ADD.items():
        run_script(connection, f"create policy payers_add on {table} for insert to settlement_app with check ({rule});")
    run_script(
        connection,
        f"create policy payers_change on settlement for update to settlement_app using ({PAYS}) with check ({PAYS});",
    )
    only_grows(connection, "settlement_line", "settlement_item", "statement", "approval", "entry", "posting", "payment")
