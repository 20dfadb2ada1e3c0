"""Kit: what every service's HTTP process is made of; a service adds its routers and nothing else."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute

from services.core.values import camel
from services.kit.database.database import Database
from services.kit.doors import health, problems, serving
from services.kit.doors.auth import Authenticate, Verifier
from services.kit.doors.keys import Fetch, Signer, fetch_with
from services.kit.doors.queries import KnownQueryRoute
from services.kit.doors.shapes import Shape
from services.kit.facts import owners as facts
from services.kit.facts.relay import Waker
from services.kit.process import clock, telemetry
from services.kit.process.settings import ServiceSettings

VERSION = "0.1.0"
GC_THRESHOLDS = (50_000, 20, 100)
"""Seldom: there are hardly any cycles, and looking for them was a fifth of the work of an upload."""


@dataclass(frozen=True, slots=True)
class About:
    """What a service is: its name (`contracts-service`), its words for the documentation, the folder of its
    distribution (with `migrations` in it), its routers, and what it opens beside the database."""

    service: str
    title: str
    description: str
    folder: Path
    routers: tuple[APIRouter, ...]
    opens: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None


class Fault(Shape):
    """One fault in the input: where (JSON pointer, `?name` of a query parameter, or a header), and what is allowed."""

    pointer: str
    code: str
    detail: str


class Problem(Shape):
    """What every refusal and failure looks like (RFC 9457). `code` is stable for ever; see docs/errors."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    correlation_id: UUID
    errors: tuple[Fault, ...]


RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"description": "A problem document", "content": {problems.MEDIA_TYPE: {}}, "model": Problem}
    for code in ("4XX", "5XX")
}

public_keys = APIRouter(route_class=KnownQueryRoute, tags=["keys"])


@public_keys.get("/.well-known/jwks.json")
async def jwks(request: Request) -> dict[str, list[dict[str, Any]]]:
    """The public key that this service signs its calls to other services with."""
    return {"keys": [request.app.state.signer.public_key()]}


def create_app(
    about: About,
    settings: ServiceSettings,
    *,
    now: Callable[[], datetime] = clock.now,
    fetch: Fetch | None = None,
) -> FastAPI:
    """The HTTP process of a service: everything but /livez, /readyz and its public keys answers only those whom the
    gateway, or for /internal/* another service, has signed for."""
    telemetry.configure(about.service)
    app = routes_of(about)
    http = httpx.AsyncClient(timeout=httpx.Timeout(3.0), trust_env=False)
    app.router.lifespan_context = _lifespan(about, settings, http)
    app.state.service = about.service
    app.state.now = now
    app.state.settings = settings
    app.state.signer = Signer.from_file(settings.key_file)
    app.state.migration_heads = health.migration_heads(str(about.folder / "migrations"))
    app.state.leaving = False
    app.include_router(public_keys)
    app.include_router(facts.router)
    app.include_router(health.router)
    app.add_middleware(Authenticate, verifier=Verifier(about.service, settings.trusted_keys, fetch or fetch_with(http)))
    return app


def routes_of(about: About) -> FastAPI:
    """The routes of a service without anything behind them: what its OpenAPI document is made from."""
    app = FastAPI(
        title=about.title,
        description=about.description,
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=_operation_id,
    )
    problems.install(app)
    for router in about.routers:
        app.include_router(router, responses=RESPONSES)
    return app


def _operation_id(route: APIRoute) -> str:
    return camel(route.name)


def _lifespan(
    about: About, settings: ServiceSettings, http: httpx.AsyncClient
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = Database(
            settings.database_url, application=f"{about.service} app", pool=settings.database_pool
        )
        waker = Waker(settings.database_url)
        app.state.wake = waker.wake
        async with http, waker, about.opens(app) if about.opens else _nothing():
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GC_THRESHOLDS)
            yield
        await app.state.database.close()

    return lifespan


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Runs the process until SIGTERM or Ctrl-C."""
    serving.serve(app, settings.host, settings.port, state=app.state, leave_after_seconds=settings.leave_after_seconds)


def openapi_of(about: About) -> dict[str, Any]:
    """The OpenAPI document of a service, as far as the gateway lets anyone reach it."""
    return routes_of(about).openapi()
