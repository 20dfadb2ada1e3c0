"""Core: who or what an outcome is about, as an id."""

from typing import Literal
from uuid import UUID, uuid5


def subject_id_of(contract_id: UUID, kind: Literal["cohort", "site"], code: str) -> UUID:
    """The subject id of a cohort or a site of a contract, the same for whoever computes it (RFC 9562, version 5). A
    participant's is random: it follows from nothing."""
    return uuid5(contract_id, f"{kind}/{code}")
