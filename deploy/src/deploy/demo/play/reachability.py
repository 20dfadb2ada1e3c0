"""Deploy: waits until something listens at an address that was named, before a case is played there."""

import time
from collections.abc import Callable

import httpx

from deploy.demo.play.client import NotReachable

LISTENING_SECONDS = 15.0
"""The patience with an address at which nothing listens: as long as a gateway takes that is just being started."""
ATTEMPT_SECONDS = 1.0
PAUSE_SECONDS = 0.5


def wait_for_a_listener(
    name: str, address: str, report: Callable[[str], None], patience: float = LISTENING_SECONDS
) -> None:
    """Returns as soon as anything answers HTTP at `address`. The first attempt that fails is reported, with how long
    the wait will be. Errors: NotReachable."""
    deadline = time.monotonic() + patience
    reported = False
    while True:
        try:
            httpx.get(f"{address.rstrip('/')}/livez", timeout=ATTEMPT_SECONDS, trust_env=False)
            return
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise NotReachable(f"{name}: {address} is no address such as http://127.0.0.1:8080.") from None
        except httpx.TransportError as error:
            why = type(error).__name__
        if time.monotonic() > deadline:
            fault = f"{name}: nobody answers at {address} within {patience:.0f} s ({why})."
            raise NotReachable(f"{fault} Is it the right address? `make run` starts a suite, and shows its own.")
        if not reported:
            report(f"Waiting up to {patience:.0f} s for {name} at {address}: {why}.")
            reported = True
        # A command in the shell, which has nothing else to do; `patience` ends it.
        time.sleep(PAUSE_SECONDS)
