"""Door: ends the work for a client that disconnects before its response."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from gateway.api.bodies import ClientGone, Upload

WATCH_AFTER_SECONDS = 0.25
"""Most responses come sooner, and need no watch."""


class EndOnDisconnect:
    """Ends its block with ClientGone when the client closes its connection. While an upload is read, its reader sees
    the disconnect, and there is no watch."""

    def __init__(self, receive: Receive, body: Upload | bytes | None) -> None:
        self._receive, self._body = receive, body
        self._disconnected = False
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(WATCH_AFTER_SECONDS, self._begin_watch)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watch is None:
            return
        self._watch.cancel()
        await asyncio.wait([self._watch])
        if self._disconnected and kind is asyncio.CancelledError:
            self._task.uncancel()
            raise ClientGone()

    def _begin_watch(self) -> None:
        if isinstance(self._body, Upload) and not self._body.ended:
            self._timer = self._loop.call_later(WATCH_AFTER_SECONDS, self._begin_watch)
        else:
            self._watch = self._loop.create_task(self._wait_for_disconnect())

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._disconnected = True
        self._task.cancel()
