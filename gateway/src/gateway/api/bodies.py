"""Door: bodies of requests: short ones are read whole, uploads flow through; no more than the limit of their row."""

from collections.abc import AsyncIterator

from starlette.types import Receive

from gateway.policy import BULK_LIMIT, ORDINARY_LIMIT, TERMS_LIMIT, Operation
from services.core.errors import TooLarge, UnsupportedMedia

ROW_BY_ROW = frozenset({"application/x-ndjson", "text/csv"})


class ClientGone(Exception):
    """The client closed its connection: nobody waits for an answer."""


def is_upload(operation: Operation, content_type: bytes) -> bool:
    """Whether the body is rows that flow through, and may be as large as BULK_LIMIT."""
    return operation.body == "bulk" and content_type.partition(b";")[0].strip().lower().decode("latin-1") in ROW_BY_ROW


def limit_of(operation: Operation, upload: bool) -> int:
    """The largest body of an operation, in bytes."""
    if upload:
        return BULK_LIMIT
    return TERMS_LIMIT if operation.body == "terms" else ORDINARY_LIMIT


def check_declared(declared: bytes | None, limit: int) -> None:
    """Refuses by Content-Length, before anything was read. Errors: `too-large`."""
    if declared is not None and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)


def refuse_encoded(encoding: bytes) -> None:
    """What is packed cannot be measured by its length. Errors: `unsupported-media-type`."""
    if encoding.strip().lower() not in (b"", b"identity"):
        raise UnsupportedMedia("Send the body as it is, without Content-Encoding.")


async def read_whole(receive: Receive, limit: int) -> bytes:
    """The whole body. Errors: `too-large`, ClientGone."""
    return b"".join([chunk async for chunk in Upload(receive, limit)])


class Upload:
    """A body that flows through. `ended` tells that all of it was read; `fault` why it stopped before."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit = receive, limit
        self.ended = False
        self.fault: TooLarge | ClientGone | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        while not self.ended:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.fault = ClientGone()
                raise self.fault
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._limit:
                self.fault = _too_large(self._limit)
                raise self.fault
            if chunk:
                yield chunk
            self.ended = not message.get("more_body", False)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"At most {limit} bytes here.")
