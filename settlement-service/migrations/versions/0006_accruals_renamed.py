"""Migration: what an earlier form of 0005 made is named as the present one names it; else there is nothing to do."""

from alembic import op
from sqlalchemy import text

from services.kit.database.migrations import run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

IS_EARLIER = "select to_regclass('due_line') is not null"
"""0003 and 0005 have been written anew under their names: what they made before has that table (ADR 0015)."""

TABLES = """
alter table settlement_item rename column behind to measured_people;
alter view settled_item rename column behind to measured_people;
alter table contract rename column independent to accrues;
alter table open_subject rename column due_inputs to accrued_inputs;
alter table settlement rename column due_after to accrued_after;

alter table due_item rename to accrued_item;
alter table accrued_item rename column behind to measured_people;
alter table accrued_item rename column due_after to accrued_after;
alter table accrued_item rename column last_on to whole_from;
alter table accrued_item alter column whole_from type date using whole_from + 1;
alter table accrued_item rename constraint due_item_check to accrued_item_check;
alter table accrued_item rename constraint due_item_check1 to accrued_item_check1;
alter table accrued_item rename constraint due_item_contract_id_fkey to accrued_item_contract_id_fkey;
alter index due_item_in_place rename to accrued_item_in_place;
alter index due_item_of_subject rename to accrued_item_of_subject;
alter trigger due_item_referred_to on accrued_item rename to accrued_item_referred_to;

alter table due_line rename to accrual;
alter table accrual rename column last_on to whole_from;
alter table accrual rename column begun to in_part;
alter table accrual alter column whole_from drop not null,
    alter column whole_from type date using case when not apart then whole_from + 1 end,
    alter column in_part type boolean using not (apart or in_part);
alter table accrual drop column apart;
alter table accrual rename constraint due_line_contract_id_fkey to accrual_contract_id_fkey;
alter table accrual rename constraint due_line_sha256_check to accrual_sha256_check;
alter index due_line_of_subject rename to accrual_of_subject;
alter index due_line_last rename to accrual_whole;
create index accrual_individually on accrual (contract_id, subject_id) where not in_part;

alter table settled_apart rename to settled_individually;
alter table settled_individually rename constraint settled_apart_pkey to settled_individually_pkey;
alter table settled_individually rename constraint settled_apart_contract_id_fkey
    to settled_individually_contract_id_fkey;
alter table settled_individually rename constraint settled_apart_settlement_id_fkey
    to settled_individually_settlement_id_fkey;

comment on table accrued_item is
    'what open subjects have accrued, kept as facts arrive; all anew when something was posted (accrued_after inputs). A
     settlement over so many inputs has the items that were due then (since), and not others in their place (until)';
comment on column accrued_item.whole_from is
    'from which end on all that its subject has accrued is due; before that what was achieved by then is. Null where it
     is not due in part';
comment on table accrual is
    'what accrued items come to by subject and line; shares by payer in party order. Of the subject: from which end of a
     settlement on all of it is due as it stands (null: never), and whether a part of it is before. Otherwise the
     subject is settled individually';
comment on table settled_individually is 'whose items a settlement has of its own, though it adds up others'' accruals';

create or replace function keep_what_is_referred_to() returns trigger language plpgsql as $body$
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
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.execute(text(IS_EARLIER)).scalar():
        run_script(connection, TABLES)
