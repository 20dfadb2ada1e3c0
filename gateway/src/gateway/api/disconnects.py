"""Door: clients that leave before they are answered: nobody goes on working for them."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from gateway.api.bodies import ClientGone, Upload

BEGIN_AFTER_SECONDS = 0.25
"""Most answers come before: for them nobody has to look."""


class Watch:
    """Ends the block that it stands around with ClientGone when the client closes its connection. While the body
    still comes, whoever reads it would see that first."""

    def __init__(self, receive: Receive, body: Upload | bytes | None) -> None:
        self._receive, self._body = receive, body
        self._gone = False
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(BEGIN_AFTER_SECONDS, self._begin)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._looking is None:
            return
        self._looking.cancel()
        await asyncio.wait([self._looking])
        if self._gone and kind is asyncio.CancelledError:
            self._task.uncancel()
            raise ClientGone()

    def _begin(self) -> None:
        if isinstance(self._body, Upload) and not self._body.ended:
            self._timer = self._loop.call_later(BEGIN_AFTER_SECONDS, self._begin)
        else:
            self._looking = self._loop.create_task(self._look())

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()
