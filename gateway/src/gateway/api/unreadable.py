"""Door: requests that cannot be read, because the head is too long or it is no HTTP; answered by a problem."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.api.headers import response_headers
from services.core.errors import Malformed
from services.kit.doors.problems import HeadTooLarge, problem
from services.kit.process import clock

HEAD_LIMIT = 32 * 1024
"""Address and headers together, in bytes. A usual token has one or two thousand. The piece in which the head ends is
not counted."""


class Protocol(HttpToolsProtocol):
    """The server's protocol with a limit on the head, and with problem documents as refusals."""

    _in_head = False
    _head_size = 0

    def data_received(self, data: bytes) -> None:
        """asyncio."""
        if self._head_size > HEAD_LIMIT:
            self.send_400_response("")
            return
        super().data_received(data)
        self._head_size = self._head_size + len(data) if self._in_head else 0

    def on_message_begin(self) -> None:
        """httptools."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """httptools."""
        self._in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """uvicorn: the response to what it cannot read; the connection ends with it."""
        correlation_id = clock.random_id()
        too_large = self._head_size > HEAD_LIMIT
        response = problem(HeadTooLarge(f"At most {HEAD_LIMIT} bytes.") if too_large else Malformed(), correlation_id)
        lines = [STATUS_LINE[response.status_code]]
        for name, value in response_headers(response.raw_headers, str(correlation_id).encode("ascii")):
            lines += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join([*lines, b"connection: close\r\n\r\n", bytes(response.body)]))
        self.transport.close()
