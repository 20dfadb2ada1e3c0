"""Kit: the pytest plugin of every service: a real PostgreSQL, fresh databases, callers, and the app over ASGI."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import asyncpg
import httpx
import pytest
from sqlalchemy import NullPool
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from services.kit.database.migrations import create_kit_tables
from services.kit.database.provisioning import migrate, provision
from services.kit.doors.auth import GATEWAY, claims_of, mint
from services.kit.doors.keys import Signer, new_private_key
from services.kit.local.postgres import Postgres
from services.kit.process import clock
from services.kit.process.caller import Caller, service_caller
from services.kit.process.settings import ServiceSettings, TrustedKeys

KEYS_URL = "http://keys.invalid"


@dataclass(frozen=True, slots=True)
class Urls:
    """One database, as each of its roles and as the server's administrator."""

    admin: str
    owner: str
    app: str
    worker: str


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A real PostgreSQL of this test run's own."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), fsync="off")
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def new_database(postgres: Postgres) -> Callable[[str, Path | None], Awaitable[Urls]]:
    """Makes databases, as `make_database` does."""
    return partial(make_database, postgres)


async def make_database(server: Postgres, service: str, folder: Path | None) -> Urls:
    """A database of its own for a service (`contracts` and its folder), migrated to the newest revision."""
    name = f"{service}_{clock.random_id().hex[:8]}"
    await provision(server.url("postgres"), service, database=name)
    urls = Urls(
        admin=server.url(name),
        owner=server.url(name, f"{service}_owner"),
        app=server.url(name, f"{service}_app"),
        worker=server.url(name, f"{service}_worker"),
    )
    if folder is not None:
        await migrate(folder, urls.owner)
    return urls


@pytest.fixture
async def kit_database(new_database: Callable[[str, Path | None], Awaitable[Urls]]) -> Urls:
    """A database with the kit's tables alone, as the roles `kit_owner`, `kit_app`, `kit_worker`."""
    urls = await new_database("kit", None)
    owner = create_async_engine(urls.owner, poolclass=NullPool)
    async with owner.begin() as connection:
        await connection.run_sync(create_kit_tables, "kit")
    await owner.dispose()
    return urls


async def as_admin(urls: Urls, statement: str, *values: Any) -> list[Mapping[str, Any]]:
    """Rows of a statement, past every policy: for looking at what was kept."""
    dsn = make_url(urls.admin).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(dsn)
    try:
        return [dict(row) for row in await connection.fetch(statement, *values)]
    finally:
        await connection.close()


def a_caller(
    organisation: str,
    *permissions: str,
    subject: str = "anna",
    actor: Literal["person", "system"] = "person",
) -> Caller:
    """A client as the gateway would describe it."""
    return Caller(
        issuer="https://identity.example",
        subject=subject,
        organisation=organisation,
        permissions=frozenset(permissions),
        actor=actor,
        client="tests",
    )


class Doors:
    """A service's app over ASGI, reached as anybody the gateway (or another service) would sign for."""

    def __init__(self, app: Any, service: str, gateway: Signer, peers: Mapping[str, Signer]) -> None:
        self.app = app
        self._service = service
        self._gateway = gateway
        self._peers = peers

    def as_(self, caller: Caller) -> httpx.AsyncClient:
        """A client that speaks for `caller`."""
        return self._client(mint(self._gateway, claims_of(caller), self._service))

    def as_service(self, name: str) -> httpx.AsyncClient:
        """A client that speaks for another service, on /internal/*."""
        return self._client(mint(self._peers[name], claims_of(service_caller(name)), self._service))

    def as_nobody(self) -> httpx.AsyncClient:
        """A client without a token."""
        return self._client(None)

    def _client(self, token: str | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://service",
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )


@asynccontextmanager
async def open_doors(
    about: Any,
    settings: type[ServiceSettings],
    urls: Urls,
    folder: Path,
    *,
    now: Callable[[], datetime] = clock.now,
    peers: tuple[str, ...] = (),
    **more: Any,
) -> AsyncIterator[Doors]:
    """The app of a service on a real database, with its lifespan. `peers` are services whose signature it takes;
    `more` are settings of its own."""
    from services.kit.app import create_app

    gateway = Signer(new_private_key())
    signers = {peer: Signer(new_private_key()) for peer in peers}
    published = {GATEWAY: gateway, **signers}
    key_file = folder / "key.json"
    key_file.write_text(json.dumps(new_private_key()))

    async def fetch(url: str) -> Mapping[str, Any]:
        return {"keys": [published[url.rpartition("/")[2]].public_key()]}

    app = create_app(
        about,
        settings(
            environment="development",
            port=1,
            database_url=urls.app,
            key_file=key_file,
            trusted_keys=tuple(TrustedKeys(owner=owner, url=f"{KEYS_URL}/{owner}") for owner in published),
            **more,
        ),
        now=now,
        fetch=fetch,
    )
    async with app.router.lifespan_context(app):
        yield Doors(app, about.service, gateway, signers)


async def eventually(check: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Waits until `check` is true. Errors: TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)


def new_key() -> dict[str, str]:
    """A fresh Idempotency-Key, as a header."""
    return {"Idempotency-Key": str(clock.random_id())}
