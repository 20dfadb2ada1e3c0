"""Wiring: the HTTP process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from services.clients.registry import Registry
from services.events import contracts
from services.events.settlements import SERVICE
from services.kit.app import About, create_app, serve
from services.kit.doors.auth import ServiceAuth
from services.kit.doors.http import peer_client
from settlement_service.api import routes_details, routes_position, routes_settlements, routes_simulations
from settlement_service.settings import Settings


@asynccontextmanager
async def _opens(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    auth = ServiceAuth(app.state.signer, SERVICE, contracts.SERVICE)
    async with peer_client(settings.contracts_url, auth) as registry:
        app.state.registry = Registry(registry, "from then on it can be settled")
        yield


ABOUT = About(
    service=SERVICE,
    title="Enzym settlement",
    description="Money: who owes whom how much and why.",
    folder=Path(__file__).parents[2],
    routers=(
        routes_settlements.router,
        routes_details.router,
        routes_position.router,
        routes_simulations.router,
    ),
    opens=_opens,
)


def create(settings: Settings) -> FastAPI:
    """The app, on the database, the keys and the registry that `settings` name."""
    return create_app(ABOUT, settings)


if __name__ == "__main__":
    settings = Settings()
    serve(create(settings), settings)
