"""Kit: who is asking. The gateway signs it for every request, and a service believes nobody else."""

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
