"""Kit: ends a process whose loops have stopped turning, so that its supervisor starts a new one."""

import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger()

SECONDS = 60.0
EXIT_STATUS = 70
"""EX_SOFTWARE of sysexits.h."""


class Watchdog:
    """A thread of its own, because a loop that never gives way stops everything that runs on it."""

    def __init__(self) -> None:
        self._seconds = SECONDS
        self._beat_at: dict[str, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def watch(self, loop: str) -> Callable[[], None]:
        """Begins to watch a loop; returns what it must call at every turn."""

        def heartbeat() -> None:
            self._beat_at[loop] = time.monotonic()

        heartbeat()
        return heartbeat

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(min(1.0, self._seconds / 4)):
            now = time.monotonic()
            for loop, beat_at in list(self._beat_at.items()):
                if now - beat_at > self._seconds:
                    log.error("a loop has stopped turning: the process ends", loop=loop)
                    os._exit(EXIT_STATUS)
