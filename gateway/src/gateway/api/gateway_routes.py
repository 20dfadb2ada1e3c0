"""Door: the routes of the gateway's own: health, its public keys, the description of the interface."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Response

from services.core.errors import Unavailable
from services.kit.doors.queries import KnownQueryRoute


class NotReady(Unavailable):
    """The process lives, and cannot serve yet."""

    code = "not-ready"
    title = "Not ready to serve"


def gateway_routes(
    ready: Callable[[], Awaitable[bool]], public_keys: Sequence[Mapping[str, Any]], description: bytes
) -> APIRouter:
    """The router. `ready` is whether tokens can be checked; `description` is the OpenAPI document."""
    router = APIRouter(route_class=KnownQueryRoute)

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        """Depends on nothing else: any response is the answer."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> dict[str, str]:
        """Ready when an issuer's keys are here: without them no token can be checked."""
        if not await ready():
            raise NotReady("No issuer's keys could be fetched yet, or this process is about to end.")
        return {"status": "ok"}

    @router.get("/.well-known/internal-jwks.json")
    async def internal_jwks() -> dict[str, Sequence[Mapping[str, Any]]]:
        """The keys that the gateway signs with towards the services: the one in use, and the next or the last."""
        return {"keys": public_keys}

    @router.get("/v1/openapi.json")
    async def openapi() -> Response:
        """The whole interface in one OpenAPI 3.1 document."""
        return Response(description, media_type="application/json", headers={"Cache-Control": "public, max-age=300"})

    return router
