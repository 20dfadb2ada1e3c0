"""Tests: the gateway behind a real server, with a service and an issuer of the tests' own."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings

from .servers import Issuer, Service, serving, trusting, write_keys


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    """Who signs the tokens."""
    return Issuer()


@pytest.fixture(scope="session")
def service() -> Service:
    """What stands behind the gateway."""
    return Service()


@pytest.fixture(scope="session")
def settings(issuer: Issuer, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Those of a gateway between the two."""
    keys = write_keys(tmp_path_factory.mktemp("keys"), 2)
    with serving(issuer.app()) as login, serving(service.app()) as behind:
        yield Settings.model_validate(
            {
                "environment": "development",
                "issuers": [trusting(login)],
                "key_files": keys,
                "contracts_url": behind,
                "outcomes_url": behind,
                "settlement_url": behind,
            }
        )


@pytest.fixture(scope="session")
def address(settings: Settings) -> Iterator[str]:
    """Where the gateway is."""
    with serving(create_app(settings)) as address:
        yield address


@pytest.fixture
async def client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token."""
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
async def anna(client: httpx.AsyncClient, issuer: Issuer) -> httpx.AsyncClient:
    """A client with the token of a person who may do everything."""
    client.headers.update(issuer.bearer())
    return client
