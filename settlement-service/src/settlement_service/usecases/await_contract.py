"""Use case: tells a contract that is not here yet from one that does not exist."""

from collections.abc import Awaitable
from typing import TypeVar
from uuid import UUID

from services.core.errors import Conflict, NotFound, Unavailable
from settlement_service.clients.registry import Registry

T = TypeVar("T")

BEFORE_ACTIVATION = ("draft", "proposed", "signed")
RETRY_AFTER_SECONDS = 1


class ContractNotYetKnown(Unavailable):
    """Activated, and on its way to this service."""

    code = "contract-not-yet-known"
    title = "This contract has only just been activated"


class ContractNotActive(Conflict):
    """Known to its parties, and not in force yet."""

    code = "contract-not-active"
    title = "This contract is not in force yet"


async def or_not_yet_known(registry: Registry, organisation: str, contract_id: UUID, work: Awaitable[T]) -> T:
    """What `work` gives. When it finds no contract, and the registry knows one that `organisation` is a party of, the
    answer is not definite. Errors: those of `work`, `contract-not-yet-known`, `contract-not-active`,
    `registry-unavailable`."""
    try:
        return await work
    except NotFound:
        registered = await registry.find_contract(contract_id)
        if registered is None or organisation not in registered.parties:
            raise
    if registered.state in BEFORE_ACTIVATION:
        raise ContractNotActive("Every party signs, then a payer activates it; from then on it can be settled.")
    raise ContractNotYetKnown(retry_after_seconds=RETRY_AFTER_SECONDS)
