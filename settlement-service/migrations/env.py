"""Migrations: Alembic's environment."""

from services.kit.alembic_env import run
from settlement_service.storage.tables import metadata

run(metadata)
