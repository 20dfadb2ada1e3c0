"""Migration: accruals: what is due of single subjects is kept as facts arrive, and a settlement refers to it."""

from alembic import op
from sqlalchemy import text

from services.kit.database.migrations import run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IS_EARLIER = """
select not exists (
    select from information_schema.columns where table_name = 'contract' and column_name = 'left_ids')
or exists (
    select from information_schema.columns where table_name = 'settlement_item' and column_name = 'behind')
"""
"""The migrations before this one have been written anew: what they make now has the former column, and not the latter
(ADR 0015)."""
EARLIER = (
    "This database was made by an earlier unreleased version, which kept items and readers in another form. "
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
"""
ITEM = """rule, subject_id, occurrence, price_minor, payee, claim_id, version, achieved_on, order_key, claimed_units,
    now_units, now_gross_minor, now_cut_person_minor, now_cut_rule_minor, now_cut_period_minor, now_cut_contract_minor,
    now_retained_minor, now_cut_payer_minor, now_shares, before_units, before_gross_minor, before_cut_person_minor,
    before_cut_rule_minor, before_cut_period_minor, before_cut_contract_minor, before_retained_minor,
    before_cut_payer_minor, before_shares, measured_people, reason, decided_by, decided_at, deemed, working, sha256"""

TABLES = f"""
alter table contract add column accrues boolean not null default false;
alter table contract add column posted_inputs bigint not null default 0;
comment on column contract.accrues is 'what one subject is due never depends on another';
comment on column contract.posted_inputs is 'how many inputs there were when something was posted last';
alter table open_subject add column accrued_inputs bigint;
comment on column open_subject.accrued_inputs is
    'how many inputs there were when what is due was worked out; null where one depends on another';
create index open_subject_changed on open_subject (contract_id, subject_id) where accrued_inputs < position;
create table accrued_item (like settlement_item including defaults including comments);
alter table accrued_item drop column settlement_id;
alter table accrued_item add column accrued_after bigint not null;
alter table accrued_item add column since bigint not null check (since >= accrued_after);
alter table accrued_item add column until bigint check (until > since);
alter table accrued_item add column whole_from date;
alter table accrued_item add foreign key (contract_id) references contract;
create unique index accrued_item_in_place on accrued_item
    (contract_id, accrued_after, rule, price_minor, payee, subject_id, achieved_on, occurrence, since)
    nulls not distinct;
create index accrued_item_of_subject on accrued_item (contract_id, subject_id);
comment on table accrued_item is
    'what open subjects have accrued, kept as facts arrive; all anew when something was posted (accrued_after inputs). A
     settlement over so many inputs has the items that were due then (since), and not others in their place (until)';
comment on column accrued_item.whole_from is
    'from which end on all that its subject has accrued is due; before that what was achieved by then is. Null where it
     is not due in part';
create table accrual (
    contract_id uuid not null references contract,
    subject_id uuid not null,
    rule text collate "C" not null,
    price_minor bigint,
    payee text collate "C" not null,
    {FIGURES.format("")}
    shares bigint[] not null,
    taken_minor bigint not null,
    sha256 bytea not null check (octet_length(sha256) = 32),
    whole_from date,
    in_part boolean not null
);
create unique index accrual_of_subject on accrual (contract_id, subject_id, rule, price_minor, payee)
    nulls not distinct;
create index accrual_individually on accrual (contract_id, subject_id) where not in_part;
create index accrual_whole on accrual (contract_id, whole_from);
comment on table accrual is
    'what accrued items come to by subject and line; shares by payer in party order. Of the subject: from which end of a
     settlement on all of it is due as it stands (null: never), and whether a part of it is before. Otherwise the
     subject is settled individually';
alter table settlement add column accrued_after bigint;
alter table settlement add column lines jsonb not null default '[]';
comment on column settlement.accrued_after is
    'it has the due items of its subjects that became due after so many inputs; null: all its items are its own';
comment on column settlement.lines is 'the hash of each line over its items: itemsSha256 is over these';
create table settled_individually (
    settlement_id uuid not null references settlement,
    contract_id uuid not null references contract,
    subject_id uuid not null,
    primary key (settlement_id, subject_id)
);
comment on table settled_individually is 'whose items a settlement has of its own, though it adds up others'' accruals';
create view settled_item with (security_invoker) as
select settlement_id, contract_id, {ITEM} from settlement_item
union all
select settlement.id, accrued_item.contract_id, {ITEM.replace(" version", " accrued_item.version")}
from settlement join accrued_item on accrued_item.contract_id = settlement.contract_id
    and accrued_item.accrued_after = settlement.accrued_after and accrued_item.since <= settlement.inputs
    and (accrued_item.until is null or accrued_item.until > settlement.inputs)
    and accrued_item.achieved_on < settlement.period_end
where not exists (
    select from settled_individually apart
    where apart.settlement_id = settlement.id and apart.subject_id = accrued_item.subject_id);
comment on view settled_item is 'all items of settlements';
create function keep_what_is_referred_to() returns trigger language plpgsql as $body$
begin
    if exists (
        select from settlement
        where contract_id = old.contract_id and accrued_after = old.accrued_after and inputs >= old.since
    ) then
        raise exception 'a settlement refers to this item';
    end if;
    return old;
end
$body$;
create trigger accrued_item_referred_to before delete on accrued_item
    for each row execute function keep_what_is_referred_to();
"""

GRANTS = """
grant select on accrued_item, settled_individually, settled_item to settlement_app, settlement_worker;
grant insert, delete, update (until) on accrued_item to settlement_worker;
grant select, insert, delete on accrual to settlement_worker;
grant insert on settled_individually to settlement_worker;
grant update (accrues, posted_inputs) on contract to settlement_worker;
grant update (accrued_after, lines) on settlement to settlement_worker;
"""

ASKING = "current_setting('app.org', true)"
ITSELF = f"{ASKING} = 'service:settlement-service'"
PAYS = f"contract_id in (select id from contract where payer_ids @> array[{ASKING}])"
READABLE = f"select contract_id, scope from readership where reader_ids @> array[{ASKING}] and before is null"
SEES_ONE = """exists (select from accrued_item item
    where item.contract_id = settled_individually.contract_id and item.subject_id = settled_individually.subject_id)"""

READ = {
    "accrued_item": f"{PAYS} or (contract_id, 'rule/' || rule || '/' || payee) in ({READABLE}) or {ITSELF}",
    "accrual": "false",
    "settled_individually": f"{PAYS} or {SEES_ONE} or {ITSELF}",
}

POLICIES = """
alter table {table} enable row level security;
alter table {table} force row level security;
create policy readers on {table} for select to settlement_app using ({rule});
create policy worker on {table} to settlement_worker using (true) with check (true);
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.execute(text(IS_EARLIER)).scalar():
        raise RuntimeError(EARLIER)
    run_script(connection, TABLES)
    run_script(connection, GRANTS)
    for table, rule in READ.items():
        run_script(connection, POLICIES.format(table=table, rule=rule))
