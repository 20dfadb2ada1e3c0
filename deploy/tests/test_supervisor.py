"""Tests: a program that is kept running: restarts, pauses between them, and the way out."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from deploy.launcher.supervisor import Backoff, NotStarted, Program, Supervised, plain
from services.kit.testing import eventually

LIVES = "import time; print('here', flush=True); time.sleep(600)"
DIES = "print('no such thing'); raise SystemExit(3)"
STAYS = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
QUICK = Backoff(first=0.05, longest=0.2)
OWNER = """
import subprocess, sys, time
from services.kit.local.child import tied_to_us
child = subprocess.Popen(tied_to_us([sys.executable, "-c", "import time; time.sleep(600)"]))
print(child.pid, flush=True)
time.sleep(600)
"""

Make = Callable[..., Supervised]


async def never(_: int) -> bool:
    return False


@pytest.fixture
def messages() -> list[str]:
    return []


@pytest.fixture
async def supervised(tmp_path: Path, messages: list[str]) -> AsyncIterator[Make]:
    made: list[Supervised] = []

    def make(
        code: str, *, ends_within: float = 20, ready: Callable[[int], Awaitable[bool]] | None = None
    ) -> Supervised:
        log = tmp_path / "program.log"

        async def has_spoken(_: int) -> bool:
            return bool(log.stat().st_size)

        program = Program(
            name="program",
            prepare=plain([sys.executable, "-c", code]),
            environment=dict(os.environ),
            is_ready=ready or has_spoken,
            ends_within_seconds=ends_within,
        )
        process = Supervised(program, log, messages.append, lambda: None, QUICK)
        made.append(process)
        return process

    yield make
    for process in made:
        process.hurry()
        await process.stop()
        assert process.pid is None


def kill(process: Supervised) -> int:
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


async def test_what_dies_is_started_again_and_it_is_said(supervised: Make, messages: list[str]) -> None:
    process = supervised(LIVES)
    await process.start()
    before = kill(process)

    async def lives_again() -> bool:
        return process.pid not in (None, before)

    await eventually(lives_again)
    assert messages == [f"program was ended by SIGKILL; starting it again in 0.05 s (log: {process.log})"]


async def test_pauses_grow_up_to_a_longest(supervised: Make, messages: list[str]) -> None:
    process = supervised(DIES, ready=never)
    with pytest.raises(NotStarted):
        await process.start()

    async def has_died_often() -> bool:
        return len(messages) >= 4

    await eventually(has_died_often)
    pauses = [line.split()[-4] for line in messages[:4]]
    assert pauses == ["0.05", "0.1", "0.2", "0.2"]


async def test_one_that_does_not_come_up_is_given_up_with_its_last_words(supervised: Make) -> None:
    with pytest.raises(NotStarted, match="no such thing"):
        await supervised(DIES, ready=never).start()


async def test_one_that_cannot_be_prepared_is_given_up_at_once(tmp_path: Path) -> None:
    def nothing() -> list[str]:
        raise NotStarted("Java is missing")

    program = Program(name="broker", prepare=nothing, environment={})
    process = Supervised(program, tmp_path / "log", lambda _: None, lambda: None, QUICK)
    with pytest.raises(NotStarted, match="Java is missing"):
        await process.start()
    await process.stop()


async def test_it_is_waited_for_until_it_is_ready(supervised: Make) -> None:
    asked: list[int] = []

    async def the_third_time(pid: int) -> bool:
        asked.append(pid)
        return len(asked) == 3

    process = supervised(LIVES, ready=the_third_time)
    await process.start()
    assert asked == [process.pid] * 3


async def test_it_leaves_when_it_is_asked_to_and_is_not_started_again(supervised: Make, messages: list[str]) -> None:
    process = supervised(LIVES)
    await process.start()
    await process.stop()
    assert process.pid is None
    assert messages == []


async def test_one_that_will_not_leave_is_killed(supervised: Make, messages: list[str]) -> None:
    process = supervised(STAYS, ends_within=0.3)
    await process.start()
    await process.stop()
    assert process.pid is None
    assert messages == ["program did not leave within 0.3 s"]


async def test_whoever_is_in_a_hurry_waits_for_nobody(supervised: Make, messages: list[str]) -> None:
    process = supervised(STAYS)
    await process.start()
    leaving = asyncio.create_task(process.stop())
    process.hurry()
    await leaving
    assert process.pid is None
    assert messages == []


async def test_one_that_waits_to_be_started_again_leaves_too(supervised: Make, messages: list[str]) -> None:
    process = supervised(LIVES)
    await process.start()
    kill(process)

    async def is_missed() -> bool:
        return bool(messages)

    await eventually(is_missed)
    await process.stop()
    assert process.pid is None


def test_no_child_outlives_an_owner_that_was_killed() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    child = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    owner.stdout.close()
    psutil.wait_procs([child], timeout=20)
    assert not child.is_running()
