"""App: the gateway's process: reads the settings, joins the rooms, serves."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.gateway_routes import gateway_routes
from gateway.api.headers import read_head, response_headers
from gateway.api.identity import Clients, TrustedIssuer
from gateway.api.proxy import Proxy
from gateway.api.unreadable import Protocol
from gateway.clients.upstream import Upstreams
from gateway.policy import OPERATIONS, Routes
from gateway.settings import Settings
from services.kit.doors import problems
from services.kit.doors.keys import PublicKeys, Signer, fetch_with
from services.kit.doors.serving import serve
from services.kit.process import telemetry

DESCRIPTION = Path(__file__).with_name("openapi.json")
GATEWAY_PATHS = frozenset({"/livez", "/readyz", "/.well-known/internal-jwks.json", "/v1/openapi.json"})


class Gateway:
    """ASGI: the routes of the gateway's own, and the proxy for all other addresses, with nothing in between."""

    def __init__(self, gateway_app: FastAPI, proxy: ASGIApp) -> None:
        self._gateway_app, self._proxy = gateway_app, proxy
        self.leaving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. Websockets are not served."""
        if scope["type"] == "lifespan":
            await self._gateway_app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in GATEWAY_PATHS:
            await self._serve_gateway_route(scope, receive, send)
        elif scope["type"] == "http":
            await self._proxy(scope, receive, send)

    async def _serve_gateway_route(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = read_head(scope)
        scope.setdefault("state", {})["correlation_id"] = head.correlation_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = response_headers(message["headers"], head.correlation)
            await send(message)

        await self._gateway_app(scope, receive, send_with_headers)


def create_app(settings: Settings) -> Gateway:
    """The gateway. Errors: OSError and ValueError when a key file cannot be used."""
    telemetry.configure("gateway")
    signers = [Signer.from_file(path) for path in settings.key_files]
    http = httpx.AsyncClient(timeout=httpx.Timeout(3.0), trust_env=False)
    fetch = fetch_with(http)
    issuers = {
        issuer.issuer: TrustedIssuer(PublicKeys(issuer.jwks_url, fetch, by_thumbprint=False), issuer.algorithms)
        for issuer in settings.issuers
    }
    upstreams = Upstreams(settings.upstreams)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with http, upstreams:
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 100)
            yield

    async def ready() -> bool:
        loaded = await asyncio.gather(*(issuer.keys.load() for issuer in issuers.values()))
        return any(loaded) and not gateway.leaving

    gateway_app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
    problems.install(gateway_app)
    keys = [signer.public_key() for signer in signers]
    gateway_app.include_router(gateway_routes(ready, keys, _description(settings.public_url)))
    gateway = Gateway(gateway_app, Proxy(Routes(OPERATIONS), Clients(issuers, signers[0]), upstreams))
    return gateway


def _description(public_url: str) -> bytes:
    document = json.loads(DESCRIPTION.read_text())
    document["servers"] = [{"url": public_url.rstrip("/")}]
    return json.dumps(document).encode()


def main() -> None:
    """Runs until SIGTERM or Ctrl-C."""
    settings = Settings()
    gateway = create_app(settings)
    serve(
        gateway,
        settings.host,
        settings.port,
        state=gateway,
        leave_after_seconds=settings.leave_after_seconds,
        http=Protocol,
    )


if __name__ == "__main__":
    main()
