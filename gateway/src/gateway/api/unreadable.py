"""Door: what is not even a request: too long a head, or no HTTP. It is told as a problem like everything else."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.api.headers import answer_headers
from services.core.errors import Malformed
from services.kit.doors.problems import HeadTooLarge, problem
from services.kit.process import clock

HEAD_LIMIT = 32 * 1024
"""Address and headers together, in bytes; a token of the usual kind is one or two thousand. Counted is what came
before the piece in which the head ends."""


class Protocol(HttpToolsProtocol):
    """The server's protocol, with a limit on heads, and its refusal in our words."""

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
        """uvicorn: what it answers to what it cannot read; the connection ends with it."""
        correlation_id = clock.random_id()
        too_large = self._head_size > HEAD_LIMIT
        answer = problem(HeadTooLarge(f"At most {HEAD_LIMIT} bytes.") if too_large else Malformed(), correlation_id)
        lines = [STATUS_LINE[answer.status_code]]
        for name, value in answer_headers(answer.raw_headers, str(correlation_id).encode("ascii")):
            lines += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join([*lines, b"connection: close\r\n\r\n", bytes(answer.body)]))
        self.transport.close()
