"""Deploy: whether anybody listens at an address that was named, before a case is played there."""

import time
from collections.abc import Callable

import httpx

from deploy.demo.play.client import NotReachable

LISTENING_SECONDS = 15.0
"""So long nobody may listen: as long as a gateway takes to start that somebody has just begun to start."""
ATTEMPT_SECONDS = 1.0
PAUSE_SECONDS = 0.5


def wait_for_a_listener(
    what: str, address: str, tell: Callable[[str], None], patience: float = LISTENING_SECONDS
) -> None:
    """Returns as soon as anything at all answers there in HTTP. At the first attempt that fails it tells what is waited
    for, and for how long. Errors: NotReachable."""
    deadline = time.monotonic() + patience
    told = False
    while True:
        try:
            httpx.get(f"{address.rstrip('/')}/livez", timeout=ATTEMPT_SECONDS, trust_env=False)
            return
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise NotReachable(f"{what}: {address} is no address such as http://127.0.0.1:8080.") from None
        except httpx.TransportError as fault:
            why = type(fault).__name__
        if time.monotonic() > deadline:
            said = f"{what}: nobody answers at {address} within {patience:.0f} s ({why})."
            raise NotReachable(f"{said} Is it the right address? `make run` starts a suite, and shows its own.")
        if not told:
            tell(f"Waiting up to {patience:.0f} s for {what} at {address}: {why}.")
            told = True
        # A command in the shell, which has nothing else to do; `patience` ends it.
        time.sleep(PAUSE_SECONDS)
