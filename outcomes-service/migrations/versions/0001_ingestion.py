"""Migration: ingestion: copies of contracts, participants and their enrolment, claims and what was decided on them."""

from alembic import op

from services.kit.database.migrations import create_kit_tables, only_grows, run_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
create table contract (
    id uuid primary key,
    terms_version integer not null check (terms_version >= 1),
    parties jsonb not null,
    party_ids text[] not null,
    reader_ids text[] not null,
    time_zone text not null,
    service_start date not null,
    service_end date not null check (service_end > service_start),
    outcome_start date not null,
    outcome_end date not null check (outcome_end > outcome_start),
    claims_close_on date not null,
    terminated_on date
);
comment on column contract.reader_ids is
    'who may have to do with participants: the readers of some metric, and the providers, who enrol';
create index contract_party_ids on contract using gin (party_ids);
create index contract_reader_ids on contract using gin (reader_ids);
create table metric (
    id bigint generated always as identity primary key,
    contract_id uuid not null references contract,
    terms_version integer not null,
    code text not null,
    reported_by text not null,
    verified_by text not null check (verified_by <> reported_by),
    disputes_decided_by text not null,
    dispute_days integer not null check (dispute_days >= 0),
    max_payments_per_person integer not null check (max_payments_per_person >= 1),
    points text[] not null,
    evidence_required boolean not null,
    party_ids text[] not null,
    reader_ids text[] not null,
    unique (contract_id, terms_version, code)
);
comment on column metric.reader_ids is 'who may read claims on it: payers, reporter, verifier, who decides disputes';
create index metric_reader_ids on metric using gin (reader_ids);
create table cohort (
    contract_id uuid not null references contract,
    terms_version integer not null,
    code text not null,
    name text not null,
    start_on date,
    end_on date,
    size integer,
    people integer not null default 0 check (people >= 0),
    primary key (contract_id, terms_version, code)
);
comment on column cohort.people is 'distinct participants who were ever in it; leaving does not shrink it';
create table participant (
    subject_id uuid primary key,
    contract_id uuid not null references contract,
    participant_key text not null,
    recorded_at timestamptz not null,
    unique (contract_id, participant_key)
);
create table enrolment (
    id bigint generated always as identity primary key,
    contract_id uuid not null,
    subject_id uuid not null references participant,
    cohort text not null,
    enrolled_on date not null,
    left_on date check (left_on >= enrolled_on),
    enrolled_by text not null,
    recorded_at timestamptz not null,
    unique (subject_id, cohort, enrolled_on)
);
create index enrolment_listed on enrolment (contract_id, id);
create unique index enrolment_open on enrolment (subject_id, cohort) where left_on is null;
create table claim (
    id uuid primary key,
    contract_id uuid not null,
    metric_id bigint not null references metric,
    subject_id uuid not null references participant,
    occurrence text not null,
    achieved_on date not null,
    units integer not null check (units >= 1),
    evidence jsonb,
    external_id text not null,
    reported_by text not null,
    recorded_at timestamptz not null,
    corrects uuid,
    state text not null check (
        state in ('submitted', 'verified', 'rejected', 'returned', 'disputed', 'withdrawn', 'superseded')
    ),
    revision integer not null check (revision >= 1),
    superseded_by uuid,
    check ((state = 'superseded') = (superseded_by is not null)),
    unique (contract_id, reported_by, external_id)
);
create index claim_listed on claim (contract_id, id);
create unique index claim_live on claim (subject_id, metric_id, occurrence)
    where state in ('submitted', 'verified', 'returned', 'disputed');
create table claim_record (
    id bigint generated always as identity primary key,
    claim_id uuid not null references claim,
    metric_id bigint not null,
    kind text not null check (kind in ('verification', 'dispute', 'statement', 'dispute_decision')),
    said_by text[] not null,
    said_at timestamptz not null,
    verdict text check (verdict in ('verified', 'rejected', 'returned')),
    reason text,
    check ((kind = 'dispute') = (verdict is null))
);
create index claim_record_of on claim_record (claim_id, id);
"""

ROLES = """
grant select, update on contract to outcomes_app;
grant select on metric to outcomes_app;
grant select, update (people) on cohort to outcomes_app;
grant select, insert on participant, claim_record to outcomes_app;
grant select, insert, update (left_on) on enrolment to outcomes_app;
grant select, insert, update (state, revision, superseded_by) on claim to outcomes_app;
grant select, insert, update on contract to outcomes_worker;
grant select, insert on metric, cohort to outcomes_worker;
"""

POLICIES = """
create policy of_parties on contract for select to outcomes_app
    using (party_ids @> array[current_setting('app.org', true)]);
create policy locked_by_parties on contract for update to outcomes_app
    using (party_ids @> array[current_setting('app.org', true)]) with check (false);
comment on policy locked_by_parties on contract is 'FOR UPDATE needs it; nothing may be changed';
create policy of_parties on metric for select to outcomes_app
    using (party_ids @> array[current_setting('app.org', true)]);
create policy of_parties on cohort for select to outcomes_app
    using (contract_id in (select id from contract));
create policy counted_by_readers on cohort for update to outcomes_app
    using (contract_id in (select id from contract where reader_ids @> array[current_setting('app.org', true)]));
create policy of_readers on participant to outcomes_app
    using (contract_id in (select id from contract where reader_ids @> array[current_setting('app.org', true)]));
create policy of_readers on enrolment to outcomes_app
    using (contract_id in (select id from contract where reader_ids @> array[current_setting('app.org', true)]))
    with check (contract_id in (select id from contract where reader_ids @> array[current_setting('app.org', true)]));
create policy of_readers on claim for select to outcomes_app
    using (metric_id in (select id from metric where reader_ids @> array[current_setting('app.org', true)]));
create policy by_reporter on claim for insert to outcomes_app
    with check (
        reported_by = current_setting('app.org', true)
        and metric_id in (select id from metric where reported_by = current_setting('app.org', true))
    );
create policy changed_by_readers on claim for update to outcomes_app
    using (metric_id in (select id from metric where reader_ids @> array[current_setting('app.org', true)]));
create policy of_readers on claim_record for select to outcomes_app
    using (metric_id in (select id from metric where reader_ids @> array[current_setting('app.org', true)]));
create policy by_who_says on claim_record for insert to outcomes_app
    with check (
        said_by @> array[current_setting('app.org', true)]
        and metric_id in (select id from metric where reader_ids @> array[current_setting('app.org', true)])
    );
create policy kept_by_worker on contract to outcomes_worker using (true) with check (true);
create policy kept_by_worker on metric to outcomes_worker using (true) with check (true);
create policy kept_by_worker on cohort to outcomes_worker using (true) with check (true);
"""

OF_PARTIES = ("contract", "metric", "cohort", "participant", "enrolment", "claim", "claim_record")


def upgrade() -> None:
    connection = op.get_bind()
    create_kit_tables(connection, "outcomes")
    run_script(connection, TABLES)
    run_script(connection, ROLES)
    for table in OF_PARTIES:
        run_script(
            connection,
            f"alter table {table} enable row level security; alter table {table} force row level security",
        )
    run_script(connection, POLICIES)
    only_grows(connection, "claim_record")
