"""Kit: what every door does with HTTP: strict bodies, versions, cursors, answers; and the client for peers."""

import base64
import binascii
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import Request, Response

from services.core.errors import (
    FieldError,
    Invalid,
    Malformed,
    StaleVersion,
    TooLarge,
    UnsupportedMedia,
    VersionRequired,
)
from services.core.personal_numbers import refuse_personal_numbers
from services.core.strict_json import loads
from services.kit.doors import shapes
from services.kit.doors.queries import KnownQueryRoute

BODY_LIMIT = 1024 * 1024
TERMS_LIMIT = 512 * 1024
PAGE_LIMIT = 500


class CursorNotValid(Invalid):
    """A cursor that this list did not give out."""

    code = "cursor-not-valid"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a door answers: a status, a schema (or nothing), headers; `remembered` bodies are sent as they were."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    def body(self) -> bytes:
        """The bytes of the answer: JSON of `content`, unless they are given."""
        if self.raw is not None:
            return self.raw
        return b"" if self.content is None else shapes.text(self.content)

    def response(self) -> Response:
        """As a response. Headers may set another media type than JSON."""
        body = self.body()
        media_type = "application/json" if body and "content-type" not in self.headers else None
        return Response(body, self.status, dict(self.headers), media_type)


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The whole body. Errors: `too-large` past `limit` bytes, however the body is sent."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"At most {limit} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


def media_type(request: Request) -> str:
    """The media type of the body without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_document(raw: bytes) -> Any:
    """The JSON document of a body, read strictly. Errors: `json-not-readable`, `personal-number`."""
    document = loads(raw)
    refuse_personal_numbers(document)
    return document


class _StrictRequest(Request):
    """A request whose body was read, limited and checked before anything else looks at it."""

    async def prepare(self, limit: int, read_here: str) -> None:
        is_json = media_type(self) == "application/json"
        try:
            self._body = await read_body(self, limit)
        except TooLarge:
            if is_json:
                raise
            raise UnsupportedMedia(f"Send {read_here}.") from None
        if not self._body:
            return
        if not is_json:
            raise UnsupportedMedia(f"Send {read_here}.")
        self._document = read_document(self._body)

    async def json(self) -> Any:
        return self._document


class StrictRoute(KnownQueryRoute):
    """A route whose JSON body is read strictly, and its query too. Use it as `APIRouter(route_class=StrictRoute)`."""

    body_limit = BODY_LIMIT

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler behind the strict reading."""
        handler = super().get_route_handler()
        if self.body_field is None:
            return handler
        others = (self.openapi_extra or {}).get("requestBody", {}).get("content", {})
        read_here = " or ".join(("application/json", *others))

        async def strict(request: Request) -> Response:
            checked = _StrictRequest(request.scope, request.receive)
            await checked.prepare(self.body_limit, read_here)
            return await handler(checked)

        return strict


class TermsRoute(StrictRoute):
    """As StrictRoute, for terms: at most 512 KiB."""

    body_limit = TERMS_LIMIT


def header(name: str, description: str) -> dict[str, Any]:
    """A required request header, as OpenAPI describes it."""
    return {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": "string"}}


IDEMPOTENCY_KEY = header("Idempotency-Key", "8 to 128 characters, new for each new command; sent again, answers again")
IF_MATCH = header("If-Match", "The ETag that was read")


def needs(*headers: Mapping[str, Any]) -> dict[str, Any]:
    """For a route's `openapi_extra`: the headers that it needs."""
    return {"parameters": [dict(described) for described in headers]}


def etag(version: int) -> dict[str, str]:
    """The header that says which version an answer shows."""
    return {"etag": f'"{version}"'}


def expected_version(request: Request) -> int:
    """The version in `If-Match`. Errors: `version-required` without it, `malformed` if it is no strong ETag of ours."""
    header = request.headers.get("if-match")
    if header is None:
        raise VersionRequired('Send If-Match with the ETag that you read, such as "3".')
    text = header.strip()
    if not (len(text) > 2 and text[0] == text[-1] == '"' and text[1:-1].isdecimal() and text.isascii()):
        raise Malformed('If-Match is one ETag as it was given, such as "3".')
    return int(text[1:-1])


def check_version(current: int, expected: int) -> None:
    """Errors: `version-stale` unless the two are the same."""
    if current != expected:
        raise StaleVersion("Read it again, decide again, and send the new ETag as If-Match.")


def encode_cursor(*key: str) -> str:
    """An opaque cursor for the row after which the next page begins."""
    return base64.urlsafe_b64encode("\x1f".join(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> tuple[str, ...]:
    """The key in a cursor: nothing that a database would not take. Errors: `cursor-not-valid`."""
    try:
        key = tuple(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("\x1f"))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        key = ()
    if len(key) != parts or not "".join(key).isprintable():
        raise CursorNotValid(errors=[FieldError("?cursor", CursorNotValid.code, "A nextCursor as it was given.")])
    return key


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The `Link` header to the next page (RFC 8288), or nothing on the last one."""
    if cursor is None:
        return {}
    return {"link": f'<{request.url.path}?{_query_with(request, cursor)}>; rel="next"'}


def _query_with(request: Request, cursor: str) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return str(httpx.QueryParams([*kept, ("cursor", cursor)]))


def peer_client(base_url: str, auth: httpx.Auth) -> httpx.AsyncClient:
    """A client for one other service: explicit timeouts, no proxies of the environment, no redirects."""
    return httpx.AsyncClient(
        base_url=base_url,
        auth=auth,
        timeout=httpx.Timeout(5.0, connect=2.0),
        trust_env=False,
        follow_redirects=False,
    )
