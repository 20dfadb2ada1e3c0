"""Migration: claims about cohorts and sites, and measured values; versions of the terms side by side."""

from alembic import op

from services.kit.database.migrations import run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
alter table contract add column terms jsonb;
comment on column contract.terms is
    'each version, the oldest first: number, effective from when, whether retroactive, codes of its cohorts';
alter table metric
    add column subject text not null default 'participant' check (subject in ('participant', 'cohort', 'site')),
    add column unit text not null default 'outcome',
    add column reports text not null default 'units' check (reports in ('units', 'measurement')),
    add column estimator text,
    add unique (id, code);
alter table metric alter column subject drop default, alter column unit drop default, alter column reports drop default;
alter table claim
    drop constraint claim_subject_id_fkey,
    drop constraint claim_metric_id_fkey,
    drop constraint claim_units_check,
    add column metric_code text,
    add column subject_code text,
    add column series text not null default '',
    add column measurement jsonb;
alter table claim alter column series drop default;
comment on column claim.subject_id is 'of a participant, or as it follows from the code of a cohort or a site';
comment on column claim.subject_code is 'of a cohort or a site; a participant has none here';
comment on column claim.series is 'arm and component of a measurement; empty for units';
"""

WHAT_IS_THERE = """
update contract set terms = jsonb_build_array(jsonb_build_object(
    'version', terms_version,
    'effectiveFrom', least(service_start, outcome_start),
    'retroactive', false,
    'cohorts', (select coalesce(jsonb_agg(code order by code), '[]') from cohort where contract_id = contract.id)
));
update claim set metric_code = metric.code from metric where metric.id = claim.metric_id;
"""

CONSTRAINTS = """
alter table contract alter column terms set not null;
alter table claim
    alter column metric_code set not null,
    add column participant_id uuid generated always as (case when subject_code is null then subject_id end) stored
        references participant,
    add foreign key (metric_id, metric_code) references metric (id, code),
    add check (units >= 0),
    add check ((units = 0) = (measurement is not null)),
    add check ((series = '') = (measurement is null));
drop index claim_live;
comment on column claim.participant_id is 'the subject where it is a participant: then there is one';
create unique index claim_live on claim (subject_id, metric_code, occurrence, series)
    where state in ('submitted', 'verified', 'returned', 'disputed');
grant update (party_ids, reader_ids) on metric to outcomes_worker;
"""

TOUCHED = ("contract", "metric", "cohort", "claim")


def upgrade() -> None:
    connection = op.get_bind()
    run_script(connection, TABLES)
    _as_owner("no force")  # the owner sees its own rows
    run_script(connection, WHAT_IS_THERE)
    _as_owner("force")
    run_script(connection, CONSTRAINTS)


def _as_owner(force: str) -> None:
    for table in TOUCHED:
        run_script(op.get_bind(), f"alter table {table} {force} row level security")
