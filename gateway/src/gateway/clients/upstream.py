"""Clients: the services behind the gateway, over pools of warm connections.

Written on asyncio and httptools because this is the one hot path of the suite: it costs half of what a general
client costs for a small request (docs/performance.md), and it streams both ways at once.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterable, Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from gateway.clients.connection import Connection, Cut
from services.core.errors import Unavailable

IDLE_SECONDS = 30.0
"""A connection that is idle for so long is closed, before the service's server does so (75 s)."""
CONNECT_SECONDS = 2.0
SWEEP_SECONDS = 1.0


class ServiceUnavailable(Unavailable):
    """The service that would answer does not. Whether a command was carried out is then not known: the same
    Idempotency-Key, sent again, finds out."""

    code = "service-unavailable"
    title = "The service behind this address does not answer at this moment"

    def __init__(self, why: str) -> None:
        super().__init__(retry_after_seconds=2)
        self.why = why


class ResponseCut(Exception):
    """The service died in the middle of its response."""


class UploadStopped(Exception):
    """The body of a request stopped before its end; the maker of the body knows the reason."""


Body = bytes | AsyncIterable[bytes] | None
Headers = Sequence[tuple[bytes, bytes]]


class UpstreamResponse:
    """The response of a service, as it arrives. Close it in any case."""

    def __init__(self, pool: "Pool", connection: Connection, sender: "asyncio.Task[None] | None") -> None:
        self._pool, self._connection, self._sender = pool, connection, sender
        self.status, self.headers = connection.status, connection.headers

    @property
    def length(self) -> int | None:
        """Content-Length, if the service sends it."""
        for name, value in self.headers:
            if name == b"content-length":
                return int(value)
        return None

    async def whole(self) -> bytes:
        """The whole body of a short response. Errors: ServiceUnavailable when it is cut."""
        pieces = []
        try:
            while piece := await self._connection.piece():
                pieces.append(piece)
        except Cut:
            raise ServiceUnavailable("answer cut") from None
        return b"".join(pieces)

    async def piece(self) -> bytes:
        """The next piece of the body; none when it has ended. Errors: ResponseCut."""
        try:
            return await self._connection.piece()
        except Cut:
            raise ResponseCut() from None

    def close(self) -> None:
        """Gives the connection back if the exchange has ended, and ends it otherwise."""
        self._pool.give_back(self._connection, self._sender)


class Pool:
    """The connections to one service."""

    def __init__(self, service: str, address: str) -> None:
        parts = urlsplit(address)
        if parts.path.strip("/") or not parts.hostname:
            raise ValueError(f"the address of {service} is scheme, host and port only")
        self._ssl = ssl.create_default_context() if parts.scheme == "https" else None
        self._host, self._port = parts.hostname, parts.port or (443 if self._ssl else 80)
        self._host_line = b" HTTP/1.1\r\nhost: " + parts.netloc.encode("ascii")
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()

    async def request(
        self, method: str, target: bytes, headers: Headers, body: Body, length: int | None, patience: float
    ) -> UpstreamResponse:
        """Sends a request, and returns when the response begins. `length` is that of a streamed body, if it is known. A
        GET is sent once more when the service was just closing the connection. Errors: ServiceUnavailable."""
        head = self._head(method, target, headers, body, length)
        while True:
            connection, was_idle = await self._connection()
            sender = None
            try:
                connection.begin(patience)
                connection.send(head)
                if body is not None and not isinstance(body, bytes):
                    sender = asyncio.create_task(_send_body(connection, body, chunked=length is None))
                await connection.head()
                return UpstreamResponse(self, connection, sender)
            except Cut as cut:
                retry = was_idle and method == "GET" and cut.unheard
                self.give_back(connection, sender)
                if not retry:
                    raise ServiceUnavailable("connection cut") from None
            except BaseException:
                self.give_back(connection, sender)
                raise

    def _head(self, method: str, target: bytes, headers: Headers, body: Body, length: int | None) -> bytes:
        lines = [method.encode("ascii"), b" ", target, self._host_line]
        for name, value in headers:
            lines += (b"\r\n", name, b": ", value)
        if isinstance(body, bytes):
            length = len(body)
        if length is not None:
            lines.append(b"\r\ncontent-length: %d" % length)
        elif body is not None:
            lines.append(b"\r\ntransfer-encoding: chunked")
        lines.append(b"\r\n\r\n")
        if isinstance(body, bytes):
            lines.append(body)
        return b"".join(lines)

    async def _connection(self) -> tuple[Connection, bool]:
        """A connection, and whether it was idle: the service may just be closing an idle one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable:
                self._busy.add(connection)
                return connection, True
            connection.abort()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await loop.create_connection(
                    lambda: Connection(loop), self._host, self._port, ssl=self._ssl
                )
        except (OSError, TimeoutError) as error:
            raise ServiceUnavailable(type(error).__name__) from None
        self._busy.add(connection)
        return connection, False

    def give_back(self, connection: Connection, sender: "asyncio.Task[None] | None") -> None:
        """Keeps the connection for the next request if the exchange has ended, and ends it otherwise."""
        self._busy.discard(connection)
        if sender is not None and not sender.done():
            sender.cancel()
        elif connection.reusable:
            connection.rest()
            self._idle.append(connection)
            return
        connection.abort()

    def sweep(self, now: float) -> None:
        """Closes connections that were idle too long, and gives up services that were silent too long."""
        while self._idle and now - self._idle[0].silent_since > IDLE_SECONDS:
            self._idle.popleft().abort()
        for connection in [busy for busy in self._busy if busy.is_silent(now)]:
            connection.abort()

    def close(self) -> None:
        """Ends all connections."""
        for connection in (*self._idle, *self._busy):
            connection.abort()


async def _send_body(connection: Connection, body: AsyncIterable[bytes], *, chunked: bool) -> None:
    try:
        async for piece in body:
            connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await connection.drain()
        if chunked:
            connection.send(b"0\r\n\r\n")
    except UploadStopped:
        connection.abort()
    except Cut:
        return


class Upstreams:
    """All services, by name. Use as an async context manager."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._pools = {name: Pool(name, address) for name, address in addresses.items()}

    def __getitem__(self, service: str) -> Pool:
        return self._pools[service]

    async def __aenter__(self) -> Self:
        self._sweeper = asyncio.create_task(self._sweep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sweeper.cancel()
        await asyncio.wait([self._sweeper])
        for pool in self._pools.values():
            pool.close()

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for pool in self._pools.values():
                pool.sweep(loop.time())
