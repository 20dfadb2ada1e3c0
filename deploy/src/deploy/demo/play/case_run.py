"""Deploy: one run of a case: its organisations, and a client for each person who acts for one."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.cases.case import Case
from deploy.demo.cases.parties import approver_of, role_of
from deploy.demo.play.client import Answer, Client, NotReachable

POLL_SECONDS = 0.3
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation: the id under which it is registered, and its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CaseRun:
    """One run of a case. `organisations` and `clients` are by part. `clients` also hold each payer's second person, by
    `approver_of`."""

    case: Case
    organisations: Mapping[str, Organisation]
    clients: Mapping[str, Client]

    @property
    def ids(self) -> dict[str, str]:
        """The organisation id of each part."""
        return {part: organisation.id for part, organisation in self.organisations.items()}

    @property
    def payer(self) -> Client:
        """The client of the first payer's first person, who drafts and prepares."""
        return self.clients["payer"]

    @property
    def approvers(self) -> tuple[Client, ...]:
        """The client of each payer's second person, who approves; in party order."""
        return tuple(self.clients[approver_of(part)] for part in self.case.parties if role_of(part) == "payer")

    @property
    def provider(self) -> Client:
        """The client of the first provider's person, who enrols."""
        return self.clients["provider"]


def wait_until(client: Client, path: str, holds: Callable[[Any], bool]) -> Answer:
    """Reads `path` until its document `holds`. Errors: Refused, NotReachable."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = client.get(path)
        if holds(answer.content):
            return answer
        if time.monotonic() > deadline:
            raise NotReachable(f"{path}: not there within {PATIENCE_SECONDS:.0f} s; it is {answer.content}.")
        time.sleep(POLL_SECONDS)
