"""Kit: runs an HTTP process until it is told to end, and ends it in order."""

import asyncio
import signal
from types import FrameType
from typing import Any

import uvicorn

FINISH_SECONDS = 30
"""How long requests that have begun may take after no new ones are taken."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, state: Any, leave_after_seconds: float) -> None:
        super().__init__(config)
        self._state = state
        self._leave_after_seconds = leave_after_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A second signal, and Ctrl-C, end it at once. That it was told to end is no failure: the process ends
        with 0, where the server of the library would end with the signal."""
        if sig == signal.SIGTERM and not self._state.leaving and self._leave_after_seconds:
            asyncio.get_running_loop().call_later(self._leave_after_seconds, self._end)
        else:
            self._end()
        self._state.leaving = True

    def _end(self) -> None:
        self.should_exit = True


def serve(app: Any, host: str, port: int, *, state: Any, leave_after_seconds: float, http: Any = "httptools") -> None:
    """Serves the ASGI `app` until SIGTERM or Ctrl-C. `state.leaving` becomes true at SIGTERM, and only
    `leave_after_seconds` later no new requests are taken, so that whoever sends them can turn elsewhere. `http` is
    uvicorn's protocol class or its name."""
    config = configured(app, host, port, http)
    _Server(config, state, leave_after_seconds).run()


def configured(app: Any, host: str, port: int, http: Any = "httptools") -> uvicorn.Config:
    """How every HTTP process is served."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=http,
        loop="uvloop",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
