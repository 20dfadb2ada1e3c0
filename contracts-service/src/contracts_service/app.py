"""App: the HTTP process."""

from pathlib import Path

from fastapi import FastAPI

from contracts_service.api import routes_contracts, routes_internal, routes_organisations, routes_terms
from contracts_service.settings import Settings
from services.events.contracts import SERVICE
from services.kit.app import About, create_app, serve

ABOUT = About(
    service=SERVICE,
    title="Enzym contracts",
    description="The registry: what was agreed, between whom, from when.",
    folder=Path(__file__).parents[2],
    routers=(
        routes_organisations.router,
        routes_contracts.router,
        routes_terms.router,
        routes_internal.router,
    ),
)


def create(settings: Settings) -> FastAPI:
    """The app, on the database and the keys that `settings` name."""
    return create_app(ABOUT, settings)


if __name__ == "__main__":
    settings = Settings()
    serve(create(settings), settings)
