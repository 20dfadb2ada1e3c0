"""Kit: on whose behalf something is done: a client, or a service itself."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Caller:
    """The client behind a request, as the gateway established it.

    `issuer` and `subject` name one person or system; `organisation` is `<ICD>:<number>`; `permissions` are of
    `read draft sign enrol report verify prepare approve confirm admin`.
    """

    issuer: str
    subject: str
    organisation: str
    permissions: frozenset[str]
    actor: Literal["person", "system"]
    client: str


def service_caller(name: str) -> Caller:
    """A service that asks for itself."""
    who = f"service:{name}"
    return Caller(who, who, who, frozenset(), "system", who)
