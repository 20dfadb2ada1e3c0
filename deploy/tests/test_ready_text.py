"""Tests: what the launcher prints when everything is ready."""

import pytest
from sqlalchemy import URL

from deploy.launcher.folder import Suite
from deploy.launcher.ready_text import addresses_of


@pytest.mark.parametrize("folder", ["/srv/enzym/postgres", "/home/æ/my enzym/postgres"])
def test_the_database_is_shown_as_a_folder_that_can_be_copied(folder: str) -> None:
    url = URL.create("postgresql+asyncpg", "postgres", database="contracts", query={"host": folder})
    suite = Suite(
        bus="embedded",
        folder="/srv/enzym",
        launcher=1,
        gateway="http://127.0.0.1:8080",
        identity="http://127.0.0.1:8084",
        addresses={"gateway": "http://127.0.0.1:8080"},
        processes={},
        databases={"contracts": url.render_as_string()},
    )
    assert f"  postgres  {folder}\n" in addresses_of(suite)
