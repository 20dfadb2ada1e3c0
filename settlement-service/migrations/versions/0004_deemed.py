"""Migration: claims that were accepted because nobody had decided in time."""

from alembic import op

from services.kit.database.migrations import run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
alter table claim add column deemed boolean not null default false;
alter table item add column deemed boolean not null default false;
alter table settlement_item add column deemed boolean not null default false;
comment on column claim.deemed is 'accepted: whoever was to decide had not in time';
grant update (deemed) on claim to settlement_worker;
"""


def upgrade() -> None:
    run_script(op.get_bind(), TABLES)
