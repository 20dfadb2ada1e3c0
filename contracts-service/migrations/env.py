"""Migrations: Alembic's environment."""

from contracts_service.storage.tables import metadata
from services.kit.database.alembic_env import run

run(metadata)
