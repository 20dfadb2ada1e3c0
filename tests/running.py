"""Tests: a whole suite on real Kafka, in a folder of its own: all processes as `make run-kafka` runs them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deploy.launcher.folder import forget
from services.kit.local.child import tied_to_us

READY_SECONDS = 150.0
LEAVING_SECONDS = 90.0
AGAIN_SECONDS = 60.0


@dataclass(frozen=True)
class RunningSuite:
    """A suite that runs. What changes while it runs (ids of processes) is read from its `suite.json` each time."""

    folder: Path

    def told(self) -> Mapping[str, Any]:
        """What `suite.json` says now."""
        suite: Mapping[str, Any] = json.loads((self.folder / "suite.json").read_text())
        return suite

    @property
    def gateway(self) -> str:
        """The only address that clients are given."""
        return str(self.told()["gateway"])

    @property
    def issuer(self) -> str:
        """Where tokens come from."""
        return str(self.told()["identity"])

    def kill(self, process: str) -> int:
        """Ends a process as a power cut would (kill -9); returns its id. The launcher starts another. Waits for it
        first, when it is just being started again."""
        deadline = time.monotonic() + AGAIN_SECONDS
        while True:
            pid = int(self.told()["processes"][process])
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return pid

    def wait_for_another(self, process: str, pid: int) -> None:
        """Returns when `process` runs again under another id than `pid`, and all apps are ready."""
        deadline = time.monotonic() + AGAIN_SECONDS
        while time.monotonic() < deadline:
            if self.told()["processes"].get(process, pid) != pid and self._is_ready():
                return
            time.sleep(0.1)
        raise AssertionError(f"{process} was not started again")

    def _is_ready(self) -> bool:
        try:
            return all(
                httpx.get(f"{address}/readyz", timeout=3, trust_env=False).status_code == 200
                for address in self.told()["addresses"].values()
            )
        except httpx.HTTPError:
            return False

    def logs(self) -> dict[str, bytes]:
        """What each process of ours has written to its log."""
        ours = ("kafka", "postgres")
        files = sorted((self.folder / "logs").iterdir())
        return {file.name: file.read_bytes() for file in files if not file.name.startswith(ours)}


@contextmanager
def running_suite(folder: Path) -> Iterator[RunningSuite]:
    """Starts a suite on free ports, ends it and forgets what it kept; fails when a process of it outlives it. It ends
    also when the tests are killed."""
    log = folder / "launcher.txt"
    environment = {**os.environ, "ENZYM_DATA": str(folder)}
    command = [sys.executable, "-m", "deploy.launcher", "--bus", "kafka", "--ports", "free"]
    with log.open("wb") as log_file:
        launcher = subprocess.Popen(
            tied_to_us(command, on_our_death=signal.SIGTERM),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            start_new_session=True,
        )
    suite = RunningSuite(folder)
    pids: list[int] = []
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not (folder / "suite.json").exists():
            if launcher.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the suite does not start:\n" + log.read_text(errors="replace"))
            time.sleep(0.2)
        yield suite
        pids = list(suite.told()["processes"].values())
    finally:
        launcher.terminate()
        try:
            launcher.wait(LEAVING_SECONDS)
        except subprocess.TimeoutExpired:
            launcher.kill()
            launcher.wait()
            raise
    left = [pid for pid in pids if _is_alive(pid)]
    assert not left, f"processes are left behind: {left}"
    forget(folder)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
