"""Tests: the registry on a real database, behind its doors."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from contracts_service.app import ABOUT
from contracts_service.settings import Settings
from services.kit.testing import Doors, Urls, open_doors


@pytest.fixture(scope="session")
async def urls(new_database: Callable[[str, Path | None], Awaitable[Urls]]) -> Urls:
    """A database of the registry; tests keep apart by contract and organisation."""
    return await new_database("contracts", ABOUT.folder)


@pytest.fixture(scope="session")
async def doors(urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """The HTTP process."""
    folder = tmp_path_factory.mktemp("contracts")
    async with open_doors(ABOUT, Settings, urls, folder, peers=("outcomes-service",)) as opened:
        yield opened
