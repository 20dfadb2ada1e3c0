"""Benchmarks: what a row is, how rows are found, and how a process's work is counted."""

import gc
import platform
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

HERE = Path(__file__).parent


class Missing(Exception):
    """What a row is measured against is not on this machine; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Row:
    """One result. `figures` are the absolute values behind `ratio`, with their units."""

    name: str
    ratio: float
    target: float
    figures: str

    def line(self) -> str:
        """The one line that scripts read."""
        return f"bench {self.name} ratio {self.ratio:.2f} target {self.target:.2f} | {self.figures}"


def rows() -> dict[str, str]:
    """The modules of all rows, by the name of the row (`bench_bulk_claims.py` is `bulk-claims`)."""
    modules = sorted(HERE.glob("bench_*.py"))
    return {path.stem.removeprefix("bench_").replace("_", "-"): f"{__package__}.{path.stem}" for path in modules}


def run(name: str) -> Row:
    """Runs one row. Errors: KeyError for a name that is none, Missing."""
    row: Row = import_module(rows()[name]).run()
    return row


def program(name: str, package: str) -> str:
    """The path of a program. Errors: Missing, naming the Debian package it is in."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise Missing(f"`{name}` is needed as the reference and is not installed (Debian: apt-get install {package})")
    return path


def interpreter() -> str:
    """Which Python this is, and whether it was built with profile-guided optimisation: that is worth a third."""
    optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    return f"{platform.python_implementation()} {platform.python_version()} {'PGO' if optimised else 'no PGO'}"


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """What a process and its children, also those that have ended, have worked so far, in user and in system mode."""
    process = psutil.Process(pid)
    times = [measured.cpu_times() for measured in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system + each.children_user + each.children_system for each in times))


@dataclass(slots=True)
class Memory:
    """The most memory that this process has while the block lasts, above what it had before."""

    before: int = 0
    peak: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None

    def __enter__(self) -> Self:
        gc.collect()
        self.before = self.peak = psutil.Process().memory_info().rss
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        assert self._watch is not None
        self._watch.join()

    @property
    def mebibytes(self) -> float:
        """What was needed above idle."""
        return (self.peak - self.before) / (1 << 20)

    def _look(self) -> None:
        process = psutil.Process()
        while not self._over.wait(0.02):
            self.peak = max(self.peak, process.memory_info().rss)


@contextmanager
def process(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[int]:
    """A process that listens on `port`, for as long as the block lasts; its id. Errors: RuntimeError when it is
    not there within 15 s."""
    with subprocess.Popen(command, env=environment, stdout=sys.stderr) as running:
        try:
            _wait_for(port, running)
            yield running.pid
        finally:
            running.terminate()
            running.wait(15)


def _wait_for(port: int, running: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if running.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")
