"""Tests: the registry on a real database: its use cases, and its doors."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from contracts_service.app import ABOUT
from contracts_service.settings import Settings
from contracts_service.usecases.register_organisation import register_organisation
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.process import clock
from services.kit.testing import Doors, Urls, a_caller, open_doors

from .builders import NAMES

T = TypeVar("T")


class Registry:
    """The use cases, each in a transaction of its own, as any organisation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def as_(
        self,
        organisation: str,
        work: Callable[[Transaction], Awaitable[T]],
        subject: str = "anna",
        now: datetime | None = None,
    ) -> T:
        """What `work` gives when this organisation does it."""
        async with self.database.transaction(organisation) as connection:
            caller = a_caller(organisation, subject=subject)
            return await work(Transaction(connection, caller, now or clock.now(), clock.random_id()))


@pytest.fixture(scope="session")
async def urls(new_database: Callable[[str, Path | None], Awaitable[Urls]]) -> Urls:
    """A database of the registry; tests keep apart by contract and organisation."""
    return await new_database("contracts", ABOUT.folder)


@pytest.fixture(scope="session")
async def registry(urls: Urls) -> AsyncIterator[Registry]:
    """The use cases on a directory in which the builders' organisations stand."""
    database = Database(urls.app, application="tests")
    registry = Registry(database)
    for id_, name in NAMES.items():
        await registry.as_(id_, partial(register_organisation, organisation_id=id_, name=name, units=()))
    yield registry
    await database.close()


@pytest.fixture(scope="session")
async def doors(urls: Urls, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """The HTTP process, on the same directory."""
    folder = tmp_path_factory.mktemp("contracts")
    async with open_doors(ABOUT, Settings, urls, folder, peers=("outcomes-service",)) as opened:
        yield opened
