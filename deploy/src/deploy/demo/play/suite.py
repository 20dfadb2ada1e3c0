"""Deploy: finds the suite that the demo plays on, or starts an embedded one for as long as the demo runs."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.demo.play.reachability import wait_for_a_listener
from deploy.launcher.folder import find_suite, folder_for, is_running
from deploy.launcher.programs import Ports
from services.kit.local.child import tied_to_us

READY_SECONDS = 120.0
LEAVING_SECONDS = 60.0
GATEWAY_VARIABLE, ISSUER_VARIABLE = "ENZYM_GATEWAY_URL", "ENZYM_ISSUER_URL"
USUAL = Ports.above(8080)


class SuiteNotStarted(Exception):
    """No suite runs, and none could be started; the message says why."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of the gateway and the token issuer. `description` names the suite in words."""

    gateway: str
    issuer: str
    description: str


@contextmanager
def open_suite(gateway: str | None, issuer: str | None) -> Iterator[Addresses]:
    """The suite that was named, as an argument or in the environment; else the one that runs here; else a new one,
    which ends with the block. Errors: SuiteNotStarted; NotReachable when nothing listens at a named address."""
    gateway = gateway or os.environ.get(GATEWAY_VARIABLE)
    issuer = issuer or os.environ.get(ISSUER_VARIABLE)
    if gateway:
        named = Addresses(gateway, issuer or USUAL.url("identity"), "the suite that was named")
        wait_for_a_listener("the gateway", named.gateway, _report)
        wait_for_a_listener("the token issuer", named.issuer, _report)
        yield named
        return
    running = _running_or_starting()
    if running is not None:
        yield running
        return
    with _own_suite() as own:
        yield own


def _report(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _running() -> Addresses | None:
    suite = find_suite()
    if suite is None:
        return None
    return Addresses(suite.gateway, suite.identity, f"the suite that runs here ({suite.bus} bus)")


def _running_or_starting() -> Addresses | None:
    """The suite that runs. Waits for one that is just being started."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        running = _running()
        if running is not None or not any(is_running(folder_for(bus)) for bus in ("embedded", "kafka")):
            return running
        time.sleep(0.5)
    return None


@contextmanager
def _own_suite() -> Iterator[Addresses]:
    # A session of its own: Ctrl-C is for the demo, which then lets the suite leave in order.
    command = [sys.executable, "-m", "deploy.launcher", "--bus", "embedded", "--ports", "free"]
    with tempfile.TemporaryFile() as output:
        launcher = subprocess.Popen(
            tied_to_us(command, on_our_death=signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            if not _is_ready(launcher):
                output.seek(0)
                raise SuiteNotStarted("The suite does not start.\n" + output.read().decode(errors="replace"))
            own = _running()
            if own is None:
                raise SuiteNotStarted("The suite has ended as soon as it was ready.")
            yield Addresses(own.gateway, own.issuer, "a suite of its own, which ends with it (make run keeps one)")
        finally:
            _end(launcher)


def _is_ready(launcher: "subprocess.Popen[bytes]") -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while launcher.poll() is None and time.monotonic() < deadline:
        if _running() is not None:
            return True
        time.sleep(0.2)
    return False


def _end(launcher: "subprocess.Popen[bytes]") -> None:
    launcher.terminate()
    try:
        launcher.wait(LEAVING_SECONDS)
    except subprocess.TimeoutExpired:
        launcher.kill()
        launcher.wait()
