"""Migration: the purses that savings are computed from, so that a claim on none of them is refused at the door."""

from alembic import op

from services.kit.database.migrations import run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
alter table metric
    add column components text[] not null default '{}',
    add column component_required boolean not null default false;
alter table metric alter column components drop default, alter column component_required drop default;
comment on column metric.components is 'codes of the purses that savings are computed from by this metric';
comment on column metric.component_required is 'savings are all that it is looked at for: a claim names its purse';
"""


def upgrade() -> None:
    run_script(op.get_bind(), TABLES)
