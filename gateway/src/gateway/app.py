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

from gateway.api.gateway_routes import own_routes
from gateway.api.headers import answer_headers, read_head
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
OWN_PATHS = frozenset({"/livez", "/readyz", "/.well-known/internal-jwks.json", "/v1/openapi.json"})


class Gateway:
    """ASGI: a few addresses of its own, and the proxy for all others, with nothing in between."""

    def __init__(self, own: FastAPI, proxy: ASGIApp) -> None:
        self._own, self._proxy = own, proxy
        self.leaving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. Websockets are not served."""
        if scope["type"] == "lifespan":
            await self._own(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in OWN_PATHS:
            await self._answer(scope, receive, send)
        elif scope["type"] == "http":
            await self._proxy(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = read_head(scope)
        scope.setdefault("state", {})["correlation_id"] = asked.correlation_id

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = answer_headers(message["headers"], asked.correlation)
            await send(message)

        await self._own(scope, receive, marked)


def create_app(settings: Settings) -> Gateway:
    """The gateway. Errors: OSError and ValueError when a key file cannot be used."""
    telemetry.configure("gateway")
    signers = [Signer.from_file(path) for path in settings.key_files]
    http = httpx.AsyncClient(timeout=httpx.Timeout(3.0), trust_env=False)
    fetch = fetch_with(http)
    issuers = {
        one.issuer: TrustedIssuer(PublicKeys(one.jwks_url, fetch, by_thumbprint=False), one.algorithms)
        for one in settings.issuers
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
        loaded = await asyncio.gather(*(one.keys.load() for one in issuers.values()))
        return any(loaded) and not gateway.leaving

    own = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
    problems.install(own)
    keys = [signer.public_key() for signer in signers]
    own.include_router(own_routes(ready, keys, _description(settings.public_url)))
    gateway = Gateway(own, Proxy(Routes(OPERATIONS), Clients(issuers, signers[0]), upstreams))
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
