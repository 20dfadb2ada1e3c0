"""Deploy: who takes part in the demo: four organisations, five persons, each with a client and a token of its own."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.case import Case
from deploy.demo.client import Answer, Client, NotReachable

ROLES = ("payer", "investor", "provider", "evaluator")
APPROVER = "approver"
"""The payer's second person: who prepares a settlement never approves it."""
POLL_SECONDS = 0.3
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who plays a role: the id it is registered under, and its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One run of the demo. `clients` are by role, and the payer's second person under APPROVER."""

    case: Case
    organisations: Mapping[str, Organisation]
    clients: Mapping[str, Client]

    @property
    def payer(self) -> Client:
        """The municipality's first person, who prepares."""
        return self.clients["payer"]

    @property
    def approver(self) -> Client:
        """The municipality's second person, who approves."""
        return self.clients[APPROVER]

    @property
    def provider(self) -> Client:
        """The provider's person, who reports."""
        return self.clients["provider"]


def wait_until(client: Client, path: str, holds: Callable[[Any], bool]) -> Answer:
    """Reads `path` until what it shows `holds`. Errors: Refused, NotReachable."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = client.get(path)
        if holds(answer.content):
            return answer
        if time.monotonic() > deadline:
            raise NotReachable(f"{path}: not there within {PATIENCE_SECONDS:.0f} s; it is {answer.content}.")
        time.sleep(POLL_SECONDS)
