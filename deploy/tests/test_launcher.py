"""Tests: `python -m deploy.launcher`, the whole suite on the embedded bus, as somebody in a terminal meets it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.identity.personas import PERSONAS
from deploy.launcher.folder import Suite, forget, read_suite
from deploy.launcher.programs import APPS, Ports
from deploy.launcher.tokens import fetch_token
from services.kit.testing import eventually, new_key

READY_SECONDS = 90


class Launcher:
    """A launcher in a process of its own, and what it has said."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.output = folder.with_name(f"{folder.name}.txt")
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.launcher", *options],
                env={**os.environ, "ENZYM_DATA": str(folder)},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    async def ready(self) -> Suite:
        async def has_come() -> bool:
            assert self.process.poll() is None, self.output.read_text()
            return "Ready after" in self.output.read_text()

        await eventually(has_come, READY_SECONDS)
        suite = read_suite(self.folder)
        assert suite is not None
        return suite

    def end(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        return self.process.wait(timeout=60)


@contextmanager
def a_launcher(folder: Path, *options: str) -> Iterator[Launcher]:
    launcher = Launcher(folder, *options)
    try:
        yield launcher
    finally:
        if launcher.process.poll() is None:
            launcher.end(signal.SIGTERM)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "suite"
    forget(tmp_path / "suite")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        yield client


def processes_of(suite: Suite) -> list[psutil.Process]:
    return [psutil.Process(pid) for pid in suite.processes.values()]


def assert_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive


async def test_a_suite_comes_up_heals_refuses_a_second_and_leaves_nothing(
    folder: Path, http: httpx.AsyncClient
) -> None:
    with a_launcher(folder, "--ports", "free") as launcher:
        suite = await launcher.ready()
        assert set(suite.processes) == {"postgres", *APPS, *(f"{app} worker" for app in APPS[1:4])}
        await everybody_is_known(http, suite)
        the_lines_to_copy_work(launcher.output.read_text())
        register = await tell_who_we_are(http, suite)
        await what_is_killed_comes_back(suite, folder)
        a_second_is_refused(suite)
        last = read_suite(folder)
        assert last is not None
        running = processes_of(last)
        assert launcher.end(signal.SIGINT) == 0
        assert_gone(running)
        assert not (folder / "suite.json").exists()
    with a_launcher(folder, "--ports", "free") as again:
        suite = await again.ready()
        assert await organisations(http, suite) == [register]
        running = processes_of(suite)
        again.end(signal.SIGKILL)
        assert_gone(running)
    with a_launcher(folder, "--ports", "free") as third:
        suite = await third.ready()
        assert await organisations(http, suite) == [register]


def a_second_is_refused(suite: Suite) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "deploy.launcher"],
        env={**os.environ, "ENZYM_DATA": suite.folder},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert f"running already in {suite.folder}" in second.stderr
    assert suite.gateway in second.stderr


async def everybody_is_known(http: httpx.AsyncClient, suite: Suite) -> None:
    for persona in PERSONAS:
        answer = await http.get(f"{suite.gateway}/v1/contracts", headers=await as_(http, suite, persona))
        assert answer.status_code == 200, answer.text
    assert (await http.get(f"{suite.gateway}/v1/contracts")).status_code == 401


def the_lines_to_copy_work(output: str) -> None:
    lines = [line for line in output.splitlines() if line.startswith("curl ")]
    assert len(lines) >= 6
    for line in lines:
        done = subprocess.run(["/bin/sh", "-c", f"{line} -f -o /dev/null"], capture_output=True, check=False)
        assert done.returncode == 0, line


async def as_(http: httpx.AsyncClient, suite: Suite, persona: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {await fetch_token(http, suite.identity, persona)}"}


async def tell_who_we_are(http: httpx.AsyncClient, suite: Suite) -> str:
    ours = PERSONAS["investor"].organisation
    answer = await http.post(
        f"{suite.gateway}/v1/organisations",
        json={"id": ours, "name": "Fonden"},
        headers={**await as_(http, suite, "investor"), **new_key()},
    )
    assert answer.status_code == 201, answer.text
    return ours


async def organisations(http: httpx.AsyncClient, suite: Suite) -> list[str]:
    answer = await http.get(f"{suite.gateway}/v1/organisations", headers=await as_(http, suite, "investor"))
    return [row["id"] for row in answer.json()["items"]]


async def what_is_killed_comes_back(suite: Suite, folder: Path) -> None:
    killed = ("settlement-service worker", "outcomes-service", "postgres")
    for name in killed:
        os.kill(suite.processes[name], signal.SIGKILL)

    async def has_come_back() -> bool:
        now = read_suite(folder)
        assert now is not None
        return all(now.processes.get(name, suite.processes[name]) != suite.processes[name] for name in killed)

    await eventually(has_come_back, 60)
    async with httpx.AsyncClient(trust_env=False) as http:

        async def answers() -> bool:
            try:
                return (await http.get(f"{suite.addresses['outcomes-service']}/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(answers, 60)


async def test_it_leaves_when_it_is_told_to_in_the_middle_of_starting(folder: Path) -> None:
    with a_launcher(folder, "--ports", "free") as launcher:

        async def has_begun() -> bool:
            return "PostgreSQL" in launcher.output.read_text()

        await eventually(has_begun, READY_SECONDS)
        children = psutil.Process(launcher.process.pid).children(recursive=True)
        assert launcher.end(signal.SIGTERM) == 0
        assert_gone(children)
    assert "Ready" not in launcher.output.read_text()


async def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with a_launcher(folder, "--port-base", str(port)) as launcher:
            assert launcher.process.wait(timeout=60) == 1
    assert f"Port {port}, for gateway, is not free" in launcher.output.read_text()


def test_ports_follow_each_other() -> None:
    ports = Ports.above(8080).of
    assert [ports[app] for app in APPS] == [8080, 8081, 8082, 8083, 8084]
    assert (ports["kafka"], ports["kafka-controller"]) == (9092, 9093)
