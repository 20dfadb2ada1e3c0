"""Door: the headers that are forwarded to a service, and those that are returned to the client."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from starlette.types import Scope

from services.core.errors import Malformed
from services.kit.process import clock

VERSION = b"1.0.0"
"""The full version of the interface whose major one stands in the path."""

_FORWARDED = frozenset(
    {
        *(b"accept", b"accept-language", b"content-type", b"idempotency-key", b"if-match", b"if-none-match"),
        *(b"last-event-id", b"prefer", b"traceparent", b"tracestate", b"user-agent"),
    }
)
"""Headers of a request that a service sees. All others stay here, such as those that name the client, the proxies
before us or options of the connection."""

_NOT_RETURNED = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade", b"server", b"date"),
        *(b"api-version", b"x-content-type-options", b"x-correlation-id"),
    }
)
"""Headers of a response that the client does not see: those of one connection, and those that the gateway sets."""

_NO_STORE = (b"cache-control", b"no-store")
_ALWAYS_RETURNED = (
    (b"api-version", VERSION),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
)
_UUID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PRINTABLE = re.compile(rb"[!-~]*")


@dataclass(slots=True)
class RequestHead:
    """The head of a request. The service will see the `forwarded_headers`. `response_started` is whether any of a
    response was sent."""

    method: str
    path: str
    query: bytes
    forwarded_headers: list[tuple[bytes, bytes]]
    authorization: list[bytes]
    correlation: bytes = b""
    content_type: bytes = b""
    content_encoding: bytes = b""
    content_length: bytes | None = None
    response_started: bool = False

    @property
    def correlation_id(self) -> UUID:
        """The id of the request and its response in all logs."""
        return UUID(self.correlation.decode("ascii"))

    @property
    def target(self) -> bytes:
        """Path and query for the service. The path has matched a row of the table, so nothing in it needs encoding.
        Errors: `malformed` for a query that is not plain ASCII."""
        if not self.query:
            return self.path.encode("ascii")
        if _PRINTABLE.fullmatch(self.query) is None:
            raise Malformed("Percent-encode what is not plain ASCII in the query.")
        return b"%b?%b" % (self.path.encode("ascii"), self.query)


def read_head(scope: Scope) -> RequestHead:
    """Sorts the headers of a request, in one pass."""
    forwarded_headers: list[tuple[bytes, bytes]] = []
    head = RequestHead(scope["method"], scope["path"], scope["query_string"], forwarded_headers, [])
    for header in scope["headers"]:
        name, value = header
        if name in _FORWARDED:
            forwarded_headers.append(header)
            if name == b"content-type":
                head.content_type = value
        elif name == b"authorization":
            head.authorization.append(value)
        elif name == b"x-correlation-id":
            head.correlation = value.lower()
        elif name == b"content-length":
            head.content_length = value
        elif name == b"content-encoding":
            head.content_encoding = value
    if _UUID.fullmatch(head.correlation) is None:
        head.correlation = _new_correlation()
    return head


def _new_correlation() -> bytes:
    """A random UUID (RFC 9562, version 4) as text; the class UUID would take ten times as long."""
    text = clock.random_bytes(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}".encode("ascii")


def response_headers(upstream: Iterable[tuple[bytes, bytes]], correlation: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of a response as the client gets them. The names in `upstream` are in lower case."""
    headers = [*_ALWAYS_RETURNED, (b"x-correlation-id", correlation)]
    has_cache_control = False
    for header in upstream:
        name, value = header
        if name in _NOT_RETURNED:
            continue
        if name == b"cache-control":
            has_cache_control = True
        elif name == b"location" and not value.startswith(b"/"):
            header = (name, _relative(value))
        headers.append(header)
    if not has_cache_control:
        headers.append(_NO_STORE)
    return headers


def _relative(location: bytes) -> bytes:
    """The address of a service without scheme and host: clients reach it at the gateway's."""
    return b"/" + re.sub(rb"^https?://[^/]*/?", b"", location)
