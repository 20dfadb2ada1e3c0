"""Migration: amendments: who was ever a party of terms in effect, since when there are any, one version under way."""

from alembic import op

from services.kit.database.migrations import run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = """
alter table contract add member_ids text[] not null default '{}', add began_on date;
alter table contract alter member_ids drop default;
grant update (member_ids, began_on) on contract to contracts_app;
"""

# The owner is under the policies too, and is named in none: without this it would find no row.
WHAT_IS_THERE = """
alter table contract no force row level security;
alter table terms_version no force row level security;
update contract set member_ids = contract.party_ids, began_on = terms_version.effective_from
    from terms_version
    where terms_version.contract_id = contract.id and terms_version.state = 'effective';
alter table contract force row level security;
alter table terms_version force row level security;
"""

RULES = """
alter table contract
    add check (party_ids @> member_ids),
    add check (state not in ('active', 'suspended', 'completed') or began_on is not null),
    add check ((began_on is null) = (member_ids = '{}'));
create unique index terms_version_under_way on terms_version (contract_id)
    where state in ('draft', 'proposed', 'signed');
create index terms_version_state on terms_version (contract_id, state, version desc);
create trigger terms_version_stays_in_effect before update of state on terms_version for each row
    when (old.state in ('effective', 'replaced') and new.state <> old.state) execute function refuse_change();
"""


def upgrade() -> None:
    connection = op.get_bind()
    for script in (COLUMNS, WHAT_IS_THERE, RULES):
        run_script(connection, script)
