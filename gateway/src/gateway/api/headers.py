"""Door: which headers pass, in both directions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from starlette.types import Scope

from services.core.errors import Malformed
from services.kit.process import clock

VERSION = b"1.0.0"
"""The full version of the interface whose major one stands in the path."""

_PASSED_ON = frozenset(
    {
        *(b"accept", b"accept-language", b"content-type", b"idempotency-key", b"if-match", b"if-none-match"),
        *(b"last-event-id", b"prefer", b"traceparent", b"tracestate", b"user-agent"),
    }
)
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
_UUID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PRINTABLE = re.compile(rb"[!-~]*")


@dataclass(slots=True)
class Asked:
    """A request, as far as its head tells. `passed_on` are the headers that the service will see; `answered` is
    whether any of an answer was sent."""

    method: str
    path: str
    query: bytes
    passed_on: list[tuple[bytes, bytes]]
    authorization: list[bytes]
    correlation: bytes = b""
    content_type: bytes = b""
    content_encoding: bytes = b""
    content_length: bytes | None = None
    answered: bool = False

    @property
    def correlation_id(self) -> UUID:
        """The id that the request and its answer are known by."""
        return UUID(self.correlation.decode("ascii"))

    @property
    def target(self) -> bytes:
        """Path and query for the service. The path has matched a row of the table: nothing in it needs encoding.
        Errors: `malformed` for a query that is not plain ASCII."""
        if not self.query:
            return self.path.encode("ascii")
        if _PRINTABLE.fullmatch(self.query) is None:
            raise Malformed("Percent-encode what is not plain ASCII in the query.")
        return b"%b?%b" % (self.path.encode("ascii"), self.query)


def read_head(scope: Scope) -> Asked:
    """Sorts the headers of a request, in one pass."""
    passed_on: list[tuple[bytes, bytes]] = []
    asked = Asked(scope["method"], scope["path"], scope["query_string"], passed_on, [])
    for header in scope["headers"]:
        name, value = header
        if name in _PASSED_ON:
            passed_on.append(header)
            if name == b"content-type":
                asked.content_type = value
        elif name == b"authorization":
            asked.authorization.append(value)
        elif name == b"x-correlation-id":
            asked.correlation = value.lower()
        elif name == b"content-length":
            asked.content_length = value
        elif name == b"content-encoding":
            asked.content_encoding = value
    if _UUID.fullmatch(asked.correlation) is None:
        asked.correlation = _new_correlation()
    return asked


def _new_correlation() -> bytes:
    """A random UUID (RFC 9562, version 4) as text; the class UUID would take ten times as long."""
    text = clock.random_bytes(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}".encode("ascii")


def answer_headers(given: Iterable[tuple[bytes, bytes]], correlation: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of an answer as the client gets them. `given` has its names in lower case."""
    headers = [*_ALWAYS, (b"x-correlation-id", correlation)]
    cached = False
    for header in given:
        name, value = header
        if name in _KEPT_BACK:
            continue
        if name == b"cache-control":
            cached = True
        elif name == b"location" and not value.startswith(b"/"):
            header = (name, _relative(value))
        headers.append(header)
    if not cached:
        headers.append(_NO_STORE)
    return headers


def _relative(location: bytes) -> bytes:
    """An absolute address of a service, without scheme and host: clients reach it where they reached us."""
    return b"/" + re.sub(rb"^https?://[^/]*/?", b"", location)
