"""Door: which headers pass, in both directions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from multidict import CIMultiDict, istr
from starlette.types import Scope

from services.kit import clock
from services.kit.auth import correlation_id_in

VERSION = b"1.0.0"
"""The full version of the interface whose major one stands in the path."""

_PASSED_ON = {
    name.lower().encode(): istr(name)
    for name in (
        "Accept",
        "Accept-Language",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "Last-Event-ID",
        "Prefer",
        "Traceparent",
        "Tracestate",
        "User-Agent",
    )
}
"""What a client says and a service may hear. Everything else stays here: who it is, whom it came through, how the
connection is to be treated."""

_KEPT_BACK = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade", b"server", b"date"),
        *(b"api-version", b"x-content-type-options", b"x-correlation-id"),
    }
)
"""What is between two neighbours only, and what the gateway says itself."""

_NO_STORE = (b"cache-control", b"no-store")
_ALWAYS = (
    (b"api-version", VERSION),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
)


@dataclass(slots=True)
class Asked:
    """A request, as far as its head tells. `passed_on` are the headers that the service will see."""

    method: str
    path: str
    query: bytes
    correlation_id: UUID
    authorization: list[bytes]
    passed_on: CIMultiDict[str]
    content_type: bytes = b""
    content_encoding: bytes = b""
    content_length: bytes | None = None

    @property
    def target(self) -> str:
        """Path and query for the service."""
        return self.path + "?" + self.query.decode("latin-1") if self.query else self.path


def read_head(scope: Scope) -> Asked:
    """Sorts the headers of a request, in one pass."""
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    correlation_id = correlation_id_in(headers) or clock.random_id()
    passed_on: CIMultiDict[str] = CIMultiDict()
    asked = Asked(scope["method"], scope["path"], scope["query_string"], correlation_id, [], passed_on)
    for name, value in headers:
        passed = _PASSED_ON.get(name)
        if passed is not None:
            passed_on.add(passed, value.decode("latin-1"))
            if name == b"content-type":
                asked.content_type = value
        elif name == b"authorization":
            asked.authorization.append(value)
        elif name == b"content-length":
            asked.content_length = value
        elif name == b"content-encoding":
            asked.content_encoding = value
    return asked


def answer_headers(given: Iterable[tuple[bytes, bytes]], correlation_id: UUID) -> list[tuple[bytes, bytes]]:
    """The headers of a service's answer as the client gets them."""
    headers = [*_ALWAYS, (b"x-correlation-id", str(correlation_id).encode())]
    cached = False
    for name, value in given:
        name = name.lower()
        if name in _KEPT_BACK:
            continue
        if name == b"cache-control":
            cached = True
        elif name == b"location" and value.startswith((b"http:", b"https:")):
            value = b"/" + value.split(b"/", 3)[3] if value.count(b"/") > 2 else b"/"
        headers.append((name, value))
    if not cached:
        headers.append(_NO_STORE)
    return headers
