"""Clients: one connection to a service, on the parser that the server uses too (llhttp, by httptools)."""

import asyncio
from collections import deque
from typing import cast

import httptools

BUFFERED = 256 * 1024
"""So many bytes of a response are kept for a slow client before the service is made to wait."""


class Cut(Exception):
    """The connection ended before the response did. `unheard`: the service closed it and had sent nothing."""

    def __init__(self, unheard: bool) -> None:
        super().__init__()
        self.unheard = unheard


class Connection(asyncio.Protocol):
    """Carries one exchange at a time: `send`, then `head`, then `piece` until it is empty. `silent_since` is the time
    of the last byte received or sent, on the clock of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: deque[bytes] = deque()
        self._buffered = 0
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport
        self._lost = False
        self._headed = False
        self._unheard = True
        self._kept_alive = True
        self.ended = True
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.silent_since = loop.time()
        self.patience = 0.0

    def begin(self, patience: float) -> None:
        """Begins the next exchange. A service that is silent for `patience` seconds may be given up."""
        self._headed = self.ended = False
        self._unheard = True
        self.headers = []
        self.patience = patience
        self.silent_since = self._loop.time()

    def rest(self) -> None:
        """Notes the end of the last exchange."""
        self.silent_since = self._loop.time()

    @property
    def reusable(self) -> bool:
        """Whether another exchange may follow."""
        has_ended = self.ended and not self._pieces and not self._lost
        return has_ended and self._kept_alive and not self._transport.is_closing()

    def send(self, raw: bytes) -> None:
        """Sends without waiting. Errors: Cut."""
        if self._lost:
            raise Cut(self._unheard)
        self.silent_since = self._loop.time()
        self._transport.write(raw)

    async def drain(self) -> None:
        """Waits until the service has received most of what was sent."""
        if self._writable is not None:
            await self._writable

    async def head(self) -> None:
        """Waits for status and headers. Errors: Cut."""
        while not self._headed:
            await self._wait()

    async def piece(self) -> bytes:
        """The next bytes of the response; none when it has ended. Errors: Cut."""
        while not self._pieces:
            if self.ended:
                return b""
            await self._wait()
        piece = self._pieces.popleft()
        if self._buffered > BUFFERED >= self._buffered - len(piece) and not self._lost:
            self._transport.resume_reading()
            self.silent_since = self._loop.time()
        self._buffered -= len(piece)
        return piece

    async def _wait(self) -> None:
        if self._lost:
            raise Cut(self._unheard)
        self._waiter = self._loop.create_future()
        await self._waiter

    def abort(self) -> None:
        """Ends the connection at once. A waiting reader gets Cut."""
        self._unheard = False
        self._transport.abort()
        self.connection_lost(None)

    def is_silent(self, now: float) -> bool:
        """Whether a response is awaited and the service has been silent for longer than the patience. A service that is
        made to wait for a slow client is not silent."""
        return not self.ended and self._buffered <= BUFFERED and now - self.silent_since > self.patience

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio. (uvloop's transports are not of asyncio's classes.)"""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """asyncio. Bytes that are no HTTP, or that follow no request, end the connection."""
        self._unheard = False
        self.silent_since = self._loop.time()
        try:
            if self.ended:
                raise httptools.HttpParserError("unasked")
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio."""
        self._lost = True
        self.resume_writing()
        self._wake()

    def pause_writing(self) -> None:
        """asyncio."""
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """asyncio."""
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """httptools. `100 Continue` and the like are not the response yet."""
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self.headers = []
        else:
            self._headed = True
            self._wake()

    def on_body(self, body: bytes) -> None:
        """httptools."""
        self._pieces.append(body)
        self._buffered += len(body)
        if self._buffered > BUFFERED >= self._buffered - len(body):
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        """httptools."""
        if self.status >= 200:
            self._kept_alive = self._parser.should_keep_alive()
            self.ended = True
            self._wake()
