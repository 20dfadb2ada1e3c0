"""Migration: claims that nobody decides in time are accepted, or go on to who decides disputes."""

from alembic import op

from services.kit.database.migrations import run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
alter table metric add column if_not_decided jsonb;
comment on column metric.if_not_decided is 'after how many days without a decision what happens; null: it waits';
alter table claim
    add column overdue_at timestamptz,
    add column escalated_at timestamptz,
    add column escalated_to text,
    add constraint claim_escalated check ((escalated_at is null) = (escalated_to is null)),
    add constraint claim_escalated_when_overdue check (escalated_at >= overdue_at);
comment on column claim.overdue_at is 'from when on it has waited longer for its verifier than the terms let it';
create index claim_overdue on claim (contract_id, overdue_at, id)
    where state = 'submitted' and escalated_at is null and overdue_at is not null;
alter table claim_record
    add column deemed boolean not null default false,
    add constraint claim_record_deemed check (not deemed or (kind = 'verification' and verdict = 'verified'));
comment on column claim_record.deemed is 'nobody said it: whoever was to decide had not in time';
"""

ROLES = """
grant select (id, contract_id, metric_id, state, revision, overdue_at, escalated_at) on claim to outcomes_worker;
grant update (state, revision, escalated_at, escalated_to) on claim to outcomes_worker;
grant insert (claim_id, metric_id, kind, said_by, said_at, verdict, deemed) on claim_record to outcomes_worker;
create policy overdue_read_by_worker on claim for select to outcomes_worker using (overdue_at is not null);
create policy overdue_ended_by_worker on claim for update to outcomes_worker
    using (state = 'submitted' and overdue_at is not null and escalated_at is null)
    with check (state = 'verified' or escalated_at is not null);
create policy deemed_by_worker on claim_record for insert to outcomes_worker with check (deemed);
alter policy by_who_says on claim_record
    with check (
        said_by @> array[current_setting('app.org', true)]
        and not deemed
        and metric_id in (select id from metric where reader_ids @> array[current_setting('app.org', true)])
    );
alter policy by_reporter on claim
    with check (
        reported_by = current_setting('app.org', true)
        and escalated_at is null
        and metric_id in (select id from metric where reported_by = current_setting('app.org', true))
    );
"""


def upgrade() -> None:
    connection = op.get_bind()
    run_script(connection, TABLES)
    run_script(connection, ROLES)
