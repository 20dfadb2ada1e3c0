"""Kit: who is asking. The gateway signs it for every request, and a service believes nobody else."""

import asyncio
import hashlib
import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import httpx
import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.core.errors import EnzymError, Forbidden
from services.core.ids import ORGANISATION_ID_PATTERN
from services.kit.doors.keys import (
    INTERNAL_ALGORITHM,
    Fetch,
    KeysUnavailable,
    PublicKey,
    PublicKeys,
    Signer,
    TokenMissing,
    TokenNotValid,
    check_signature,
    check_times,
    is_for,
    unverified,
)
from services.kit.doors.problems import problem
from services.kit.process import clock
from services.kit.process.caller import Caller, service_caller
from services.kit.process.settings import TrustedKeys

T = TypeVar("T")

GATEWAY = "gateway"
LIFETIME_SECONDS = 60
REUSED_SECONDS = 30
"""A minted token is used again for so long: half its life is left when it arrives."""
OPEN_PATHS = frozenset({"/livez", "/readyz", "/.well-known/jwks.json"})
INTERNAL = "/internal/"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


class KeyNotForThisDoor(Forbidden):
    """A service asked where only clients may, or the gateway where only services may."""

    code = "key-not-for-this-door"


def caller_of(claims: Mapping[str, Any]) -> Caller:
    """The caller that the claims of a gateway's token describe. Errors: TokenNotValid when one is missing or not
    in its form: then no two services can understand it differently."""
    texts = [claims.get(name) for name in ("iss", "sub", "org", "actor", "client")]
    permissions = claims.get("permissions")
    if not all(isinstance(text, str) and 0 < len(text) <= 255 for text in texts):
        raise TokenNotValid()
    if not isinstance(permissions, list) or not all(isinstance(name, str) for name in permissions):
        raise TokenNotValid()
    issuer, subject, organisation, actor, client = map(str, texts)
    if actor not in ("person", "system") or not re.fullmatch(ORGANISATION_ID_PATTERN, organisation, re.ASCII):
        raise TokenNotValid()
    kind: Literal["person", "system"] = "person" if actor == "person" else "system"
    return Caller(issuer, subject, organisation, frozenset(permissions), kind, client)


def claims_of(caller: Caller) -> dict[str, Any]:
    """What the gateway says of a caller in its token; the inverse of `caller_of`."""
    return {
        "iss": caller.issuer,
        "sub": caller.subject,
        "org": caller.organisation,
        "permissions": sorted(caller.permissions),
        "actor": caller.actor,
        "client": caller.client,
    }


def mint(signer: Signer, claims: Mapping[str, Any], audience: str) -> str:
    """An internal token for `audience`, good for LIFETIME_SECONDS."""
    now = int(clock.now().timestamp())
    return signer.sign({**claims, "aud": audience, "iat": now, "exp": now + LIFETIME_SECONDS})


class Remembered(Generic[T]):
    """What was worked out for a key, for a while: bounded, oldest out first. Times are of the running loop."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._entries: dict[Any, tuple[float, T]] = {}

    def get(self, key: Any) -> T | None:
        """What is remembered and still good."""
        entry = self._entries.get(key)
        if entry is None or entry[0] <= asyncio.get_running_loop().time():
            return None
        return entry[1]

    def put(self, key: Any, what: T, seconds: float) -> None:
        """Remembers `what` for so many seconds."""
        self._entries.pop(key, None)
        if len(self._entries) >= self._size:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (asyncio.get_running_loop().time() + seconds, what)


def bearer(values: Sequence[bytes]) -> str:
    """The token in the values of all Authorization headers. Errors: TokenMissing unless there is exactly one."""
    if len(values) != 1:
        raise TokenMissing()
    scheme, _, token = values[0].partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip():
        raise TokenMissing()
    return token.strip().decode("latin-1")


class Verifier:
    """Tells who signed an internal token, by where the key was found, and for whom it speaks."""

    def __init__(self, audience: str, trusted: Sequence[TrustedKeys], fetch: Fetch) -> None:
        self._audience = audience
        self._sources = [(keys.owner, PublicKeys(keys.url, fetch, by_thumbprint=True)) for keys in trusted]
        self._known: Remembered[tuple[str, Caller]] = Remembered()

    async def verify(self, token: str) -> tuple[str, Caller]:
        """The owner of the key, and the caller. Errors: Unauthenticated; KeysUnavailable when a key is not known
        and its owner cannot be asked."""
        digest = hashlib.sha256(token.encode("latin-1")).digest()
        known = self._known.get(digest)
        if known is None:
            known, seconds = await self._verify(token)
            self._known.put(digest, known, seconds)
        return known

    async def _verify(self, token: str) -> tuple[tuple[str, Caller], float]:
        header, _ = unverified(token)
        owner, key = await self._find(header.get("kid"))
        claims = check_signature(token, key, [INTERNAL_ALGORITHM])
        now = clock.now().timestamp()
        check_times(claims, now)
        if not is_for(claims, self._audience):
            raise TokenNotValid()
        if owner == GATEWAY:
            return (owner, caller_of(claims)), claims["exp"] - now
        caller = service_caller(owner)
        if not claims.get("iss") == claims.get("sub") == claims.get("org") == caller.subject:
            raise TokenNotValid()
        return (owner, caller), claims["exp"] - now

    async def _find(self, key_id: Any) -> tuple[str, PublicKey]:
        if not isinstance(key_id, str):
            raise TokenNotValid()
        for owner, keys in self._sources:
            key = keys.known(key_id)
            if key is not None:
                return owner, key
        unavailable = False
        for owner, keys in self._sources:
            try:
                key = await keys.find(key_id)
            except KeysUnavailable:
                unavailable = True
                continue
            if key is not None:
                return owner, key
        raise KeysUnavailable() if unavailable else TokenNotValid()


class Authenticate:
    """ASGI: nothing behind it is reached without a valid internal token, but OPEN_PATHS. Sets `request.state.caller`
    and `request.state.correlation_id`; the latter goes back as `X-Correlation-Id` and into every log line."""

    def __init__(self, app: ASGIApp, verifier: Verifier) -> None:
        self.app, self.verifier = app, verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. Websockets are not served."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        correlation_id = correlation_id_in(scope["headers"]) or clock.random_id()
        state = scope.setdefault("state", {})
        state["correlation_id"] = correlation_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation_id=str(correlation_id))

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Correlation-Id"] = str(correlation_id)
            await send(message)

        if scope["path"] not in OPEN_PATHS:
            try:
                state["caller"] = await self._caller(scope)
            except EnzymError as error:
                await problem(error, correlation_id)(scope, receive, marked)
                return
        await self.app(scope, receive, marked)

    async def _caller(self, scope: Scope) -> Caller:
        values = [value for name, value in scope["headers"] if name == b"authorization"]
        owner, caller = await self.verifier.verify(bearer(values))
        if (owner == GATEWAY) == scope["path"].startswith(INTERNAL):
            raise KeyNotForThisDoor()
        return caller


def correlation_id_in(headers: Sequence[tuple[bytes, bytes]]) -> UUID | None:
    """The UUID in `X-Correlation-Id`, if there is one in the usual form."""
    for name, value in headers:
        if name == b"x-correlation-id":
            text = value.decode("latin-1")
            return UUID(text) if _UUID.fullmatch(text) else None
    return None


class ServiceAuth(httpx.Auth):
    """For the client of one peer: signs every request as this service. Errors of the peer are the client's."""

    def __init__(self, signer: Signer, service: str, audience: str) -> None:
        self._signer, self._audience = signer, audience
        self._claims = claims_of(service_caller(service))
        self._tokens: Remembered[str] = Remembered(1)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Adds the token."""
        token = self._tokens.get(self._audience)
        if token is None:
            token = mint(self._signer, self._claims, self._audience)
            self._tokens.put(self._audience, token, REUSED_SECONDS)
        request.headers["Authorization"] = f"Bearer {token}"
        yield request
