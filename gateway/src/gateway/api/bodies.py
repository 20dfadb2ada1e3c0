"""Door: bodies of requests: short ones are read whole, uploads are streamed, each up to the limit of its row."""

from collections.abc import AsyncIterator

from starlette.types import Receive

from gateway.clients.upstream import UploadStopped
from gateway.policy import BULK_LIMIT, ORDINARY_LIMIT, TERMS_LIMIT, Operation
from services.core.errors import TooLarge, UnsupportedMedia

ROW_BY_ROW = frozenset({"application/x-ndjson", "text/csv"})


class ClientGone(Exception):
    """The client closed its connection and waits for no response."""


def is_upload(operation: Operation, content_type: bytes) -> bool:
    """Whether the body is rows, which are streamed and may be as large as BULK_LIMIT."""
    return operation.body == "bulk" and content_type.partition(b";")[0].strip().lower().decode("latin-1") in ROW_BY_ROW


def limit_of(operation: Operation, upload: bool) -> int:
    """The largest body of an operation, in bytes."""
    if upload:
        return BULK_LIMIT
    return TERMS_LIMIT if operation.body == "terms" else ORDINARY_LIMIT


def declared_length(declared: bytes | None, limit: int) -> int | None:
    """Content-Length, if there is one. Refuses before anything is read. Errors: `too-large`."""
    if declared is None:
        return None
    if int(declared) > limit:
        raise _too_large(limit)
    return int(declared)


def refuse_encoded(encoding: bytes) -> None:
    """Refuses an encoded body: its length is not its size. Errors: `unsupported-media-type`."""
    if encoding.strip().lower() not in (b"", b"identity"):
        raise UnsupportedMedia("Send the body as it is, without Content-Encoding.")


async def read_whole(receive: Receive, limit: int) -> bytes:
    """The whole body. Errors: `too-large`, ClientGone."""
    upload = Upload(receive, limit, None)
    try:
        return b"".join([piece async for piece in upload])
    except UploadStopped:
        raise upload.fault or ClientGone() from None


class Upload:
    """A streamed body, of `length` bytes if it is known. `ended` is whether all of it was read. `fault` is the reason
    why it stopped before its end."""

    def __init__(self, receive: Receive, limit: int, length: int | None) -> None:
        self._receive, self._limit = receive, limit
        self.length = length
        self.ended = False
        self.fault: TooLarge | ClientGone | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        while not self.ended:
            message = await self._receive()
            piece: bytes = message.get("body", b"")
            size += len(piece)
            if message["type"] == "http.disconnect":
                self.fault = ClientGone()
            elif size > self._limit:
                self.fault = _too_large(self._limit)
            if self.fault is not None:
                raise UploadStopped()
            self.ended = not message.get("more_body", False)
            if piece:
                yield piece


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"At most {limit} bytes here.")
