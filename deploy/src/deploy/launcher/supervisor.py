"""Deploy: supervises one program: starts it, waits until it is ready, restarts it when it dies, ends it in order."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.kit.local.child import tied_to_us

LAST_WORDS = 15
DEATHS_AT_START = 3
READY_SECONDS = 60.0

Report = Callable[[str], None]
"""Takes one line for the terminal."""


class NotStarted(Exception):
    """A program does not come up, or cannot: the message holds its last words, or what to do about it."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds before a program that died is started again: `first`, then twice as long each time, up to `longest`;
    from `first` again when it has lived for `forgiven_after`."""

    first: float = 0.5
    longest: float = 30.0
    forgiven_after: float = 60.0


async def _at_once(_: int) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. `prepare` returns the command line before every start, may take its time, and raises `NotStarted`
    when there is nothing to run; `is_ready` gets the process id."""

    name: str
    prepare: Callable[[], list[str]]
    environment: Mapping[str, str]
    is_ready: Callable[[int], Awaitable[bool]] = _at_once
    ends_by: signal.Signals = signal.SIGTERM
    ends_within_seconds: float = 45.0


def plain(command: list[str]) -> Callable[[], list[str]]:
    """For `prepare`: a command that needs nothing, tied to the life of the launcher."""
    return lambda: tied_to_us(command)


@dataclass(slots=True)
class _State:
    process: asyncio.subprocess.Process | None = None
    deaths: int = 0
    fault: str = ""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)


class Supervised:
    """A program and its log file. `on_new_process` is called when it has another process id."""

    def __init__(
        self,
        program: Program,
        log: Path,
        report: Report,
        on_new_process: Callable[[], None],
        backoff: Backoff | None = None,
    ) -> None:
        self.program = program
        self.log = log
        self._report, self._on_new_process, self._backoff = report, on_new_process, backoff or Backoff()
        self._state = _State()
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The running process, if there is one."""
        process = self._state.process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Starts it and returns when it is ready. Errors: `NotStarted` when it cannot be prepared, after three deaths,
        or after 60 s."""
        self._task = asyncio.create_task(self._keep_running())
        deadline = time.monotonic() + READY_SECONDS
        while not await self._is_ready():
            if self._state.fault or self._state.deaths >= DEATHS_AT_START or time.monotonic() > deadline:
                raise NotStarted(f"{self.program.name} does not start. {self.last_words()}")
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Ends it in order; insists when it takes too long, or at once after `hurry`."""
        self._state.stopping.set()
        if self._task is not None:
            await self._task

    def hurry(self) -> None:
        """What still has to be stopped is killed."""
        self._state.hurry.set()

    def last_words(self) -> str:
        """The end of its log."""
        if self._state.fault:
            return self._state.fault
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_WORDS:] if self.log.exists() else []
        text = "".join(f"\n    {line}" for line in lines)
        return f"Its last words ({self.log}):{text}" if text else f"It said nothing ({self.log})."

    async def _is_ready(self) -> bool:
        pid = self.pid
        return pid is not None and await self.program.is_ready(pid) and self.pid == pid

    async def _keep_running(self) -> None:
        pause = self._backoff.first
        while not self._state.stopping.is_set():
            began = time.monotonic()
            ending = await self._run_once()
            if self._state.stopping.is_set():
                return
            if time.monotonic() - began >= self._backoff.forgiven_after:
                pause = self._backoff.first
            self._state.deaths += 1
            self._report(f"{self.program.name} {ending}; starting it again in {pause:g} s (log: {self.log})")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._state.stopping.wait(), pause)
            pause = min(pause * 2, self._backoff.longest)

    async def _run_once(self) -> str:
        """Runs it until it ends, or until it shall; returns how it ended."""
        state = self._state
        try:
            process = await self._begin()
        except (NotStarted, OSError) as fault:
            state.fault = str(fault)
            return f"cannot be started: {fault}"
        state.process, state.fault = process, ""
        self._on_new_process()
        if not await _first_of(process.wait(), state.stopping.wait()):
            await self._end(process)
        code = await process.wait()
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"

    async def _begin(self) -> asyncio.subprocess.Process:
        command = await asyncio.to_thread(self.program.prepare)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal is for the launcher, which knows the order of leaving.
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.program.environment),
                start_new_session=True,
            )

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.program.ends_by)
        try:
            async with asyncio.timeout(self.program.ends_within_seconds):
                if await _first_of(process.wait(), self._state.hurry.wait()):
                    return
        except TimeoutError:
            self._report(f"{self.program.name} did not leave within {self.program.ends_within_seconds:g} s")
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def _first_of(first: Awaitable[object], second: Awaitable[object]) -> bool:
    """Waits for either of two; whether the first is done."""
    tasks = [asyncio.ensure_future(first), asyncio.ensure_future(second)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].done()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
