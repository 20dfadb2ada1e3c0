"""Tests: a database that earlier, unreleased migrations made is refused, and it is said how to begin anew."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from services.kit.database.provisioning import migrate
from services.kit.testing import Urls, as_admin
from settlement_service.app import ABOUT


async def test_what_earlier_migrations_made_is_refused_also_without_a_contract(
    new_database: Callable[[str, Path | None], Awaitable[Urls]],
) -> None:
    urls = await new_database("settlement", ABOUT.folder)
    await as_admin(urls, "alter table contract drop column left_ids cascade")
    await as_admin(urls, "update alembic_version set version_num = '0004'")
    with pytest.raises(RuntimeError, match="made by an earlier unreleased version"):
        await migrate(ABOUT.folder, urls.owner)
