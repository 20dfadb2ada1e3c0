"""Wiring: the HTTP process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from outcomes_service.api import routes_bulk, routes_claims, routes_cohorts
from outcomes_service.settings import Settings
from services.clients.registry import Registry
from services.events import contracts
from services.events.outcomes import SERVICE
from services.kit.app import About, create_app, serve
from services.kit.doors.auth import ServiceAuth
from services.kit.doors.http import peer_client

SHORTEST_SECRET_BYTES = 32


@asynccontextmanager
async def _opens(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    secret = settings.order_key_file.read_bytes().strip()
    if len(secret) < SHORTEST_SECRET_BYTES:
        raise ValueError(f"{settings.order_key_file}: at least {SHORTEST_SECRET_BYTES} bytes are needed")
    app.state.order_secret = secret
    auth = ServiceAuth(app.state.signer, SERVICE, contracts.SERVICE)
    async with peer_client(settings.contracts_url, auth) as registry:
        app.state.registry = Registry(registry, "claims are taken from then on")
        yield


ABOUT = About(
    service=SERVICE,
    title="Enzym outcomes",
    description="Ingestion: what was reported, by whom, and whether it counts.",
    folder=Path(__file__).parents[2],
    routers=(routes_bulk.router, routes_cohorts.router, routes_claims.router),
    opens=_opens,
)


def create(settings: Settings) -> FastAPI:
    """The app, on the database, the keys and the registry that `settings` name."""
    return create_app(ABOUT, settings)


if __name__ == "__main__":
    settings = Settings()
    serve(create(settings), settings)
