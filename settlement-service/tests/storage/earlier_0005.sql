-- What revision 0005 of the settlement service ran before it was written anew (its tables, grants and policies), after
-- 0004. In 0003, too, `measured_people` was called `behind`. A test migrates from here.

alter table settlement_item rename column measured_people to behind;

alter table contract add column independent boolean not null default false;
alter table contract add column posted_inputs bigint not null default 0;
comment on column contract.independent is 'what one subject is due never depends on another';
comment on column contract.posted_inputs is 'how many inputs there were when something was posted last';
alter table open_subject add column due_inputs bigint;
comment on column open_subject.due_inputs is
    'how many inputs there were when what is due was worked out; null where one depends on another';
create index open_subject_changed on open_subject (contract_id, subject_id) where due_inputs < position;
create table due_item (like settlement_item including defaults including comments);
alter table due_item drop column settlement_id;
alter table due_item add column due_after bigint not null;
alter table due_item add column since bigint not null check (since >= due_after);
alter table due_item add column until bigint check (until > since);
alter table due_item add column last_on date;
alter table due_item add foreign key (contract_id) references contract;
create unique index due_item_in_place on due_item
    (contract_id, due_after, rule, price_minor, payee, subject_id, achieved_on, occurrence, since) nulls not distinct;
create index due_item_of_subject on due_item (contract_id, subject_id);
comment on table due_item is
    'what is due to open subjects, worked out as facts arrive; all anew when something was posted (due_after inputs). A
     settlement over so many inputs has the items that were due then (since), and not others in their place (until)';
comment on column due_item.last_on is
    'the last day of all that was due to the subject then; null where something is taken back or was posted before';
create table due_line (
    contract_id uuid not null references contract,
    subject_id uuid not null,
    rule text collate "C" not null,
    price_minor bigint,
    payee text collate "C" not null,
    units bigint not null,
    gross_minor bigint not null,
    cut_person_minor bigint not null,
    cut_rule_minor bigint not null,
    cut_period_minor bigint not null,
    cut_contract_minor bigint not null,
    retained_minor bigint not null,
    cut_payer_minor bigint not null,
    shares bigint[] not null,
    taken_minor bigint not null,
    sha256 bytea not null check (octet_length(sha256) = 32),
    last_on date not null,
    begun boolean not null,
    apart boolean not null
);
create unique index due_line_of_subject on due_line (contract_id, subject_id, rule, price_minor, payee)
    nulls not distinct;
create index due_line_apart on due_line (contract_id, subject_id) where apart;
create index due_line_last on due_line (contract_id, last_on);
comment on table due_line is
    'what due items come to by subject and line; shares by payer in party order. Of the subject as a whole: last_on is
     its last day, begun whether something was posted before, apart whether it is settled apart whatever the end';
alter table settlement add column due_after bigint;
alter table settlement add column lines jsonb not null default '[]';
comment on column settlement.due_after is
    'it has the due items of its subjects that became due after so many inputs; null: all its items are its own';
comment on column settlement.lines is 'the hash of each line over its items: itemsSha256 is over these';
create table settled_apart (
    settlement_id uuid not null references settlement,
    contract_id uuid not null references contract,
    subject_id uuid not null,
    primary key (settlement_id, subject_id)
);
comment on table settled_apart is 'whose items a settlement has of its own, though it refers to what is due to others';
create view settled_item with (security_invoker) as
select settlement_id, contract_id, rule, subject_id, occurrence, price_minor, payee, claim_id, version, achieved_on, order_key, claimed_units,
    now_units, now_gross_minor, now_cut_person_minor, now_cut_rule_minor, now_cut_period_minor, now_cut_contract_minor,
    now_retained_minor, now_cut_payer_minor, now_shares, before_units, before_gross_minor, before_cut_person_minor,
    before_cut_rule_minor, before_cut_period_minor, before_cut_contract_minor, before_retained_minor,
    before_cut_payer_minor, before_shares, behind, reason, decided_by, decided_at, deemed, working, sha256 from settlement_item
union all
select settlement.id, due_item.contract_id, rule, subject_id, occurrence, price_minor, payee, claim_id, due_item.version, achieved_on, order_key, claimed_units,
    now_units, now_gross_minor, now_cut_person_minor, now_cut_rule_minor, now_cut_period_minor, now_cut_contract_minor,
    now_retained_minor, now_cut_payer_minor, now_shares, before_units, before_gross_minor, before_cut_person_minor,
    before_cut_rule_minor, before_cut_period_minor, before_cut_contract_minor, before_retained_minor,
    before_cut_payer_minor, before_shares, behind, reason, decided_by, decided_at, deemed, working, sha256
from settlement join due_item on due_item.contract_id = settlement.contract_id
    and due_item.due_after = settlement.due_after and due_item.since <= settlement.inputs
    and (due_item.until is null or due_item.until > settlement.inputs)
    and due_item.achieved_on < settlement.period_end
where not exists (
    select from settled_apart apart
    where apart.settlement_id = settlement.id and apart.subject_id = due_item.subject_id);
comment on view settled_item is 'all items of settlements';
create function keep_what_is_referred_to() returns trigger language plpgsql as $body$
begin
    if exists (
        select from settlement
        where contract_id = old.contract_id and due_after = old.due_after and inputs >= old.since
    ) then
        raise exception 'a settlement refers to this item';
    end if;
    return old;
end
$body$;
create trigger due_item_referred_to before delete on due_item
    for each row execute function keep_what_is_referred_to();

grant select on due_item, settled_apart, settled_item to settlement_app, settlement_worker;
grant insert, delete, update (until) on due_item to settlement_worker;
grant select, insert, delete on due_line to settlement_worker;
grant insert on settled_apart to settlement_worker;
grant update (independent, posted_inputs) on contract to settlement_worker;
grant update (due_after, lines) on settlement to settlement_worker;

alter table due_item enable row level security;
alter table due_item force row level security;
create policy readers on due_item for select to settlement_app using (contract_id in (select id from contract where payer_ids @> array[current_setting('app.org', true)]) or (contract_id, 'rule/' || rule || '/' || payee) in (select contract_id, scope from readership where reader_ids @> array[current_setting('app.org', true)] and before is null) or current_setting('app.org', true) = 'service:settlement-service');
create policy worker on due_item to settlement_worker using (true) with check (true);
alter table due_line enable row level security;
alter table due_line force row level security;
create policy readers on due_line for select to settlement_app using (false);
create policy worker on due_line to settlement_worker using (true) with check (true);
alter table settled_apart enable row level security;
alter table settled_apart force row level security;
create policy readers on settled_apart for select to settlement_app using (contract_id in (select id from contract where payer_ids @> array[current_setting('app.org', true)]) or exists (select from due_item item
    where item.contract_id = settled_apart.contract_id and item.subject_id = settled_apart.subject_id) or current_setting('app.org', true) = 'service:settlement-service');
create policy worker on settled_apart to settlement_worker using (true) with check (true);
