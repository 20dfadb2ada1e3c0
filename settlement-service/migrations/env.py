"""Migrations: Alembic's environment."""

from services.kit.database.alembic_env import run
from settlement_service.storage.tables import metadata

run(metadata)
