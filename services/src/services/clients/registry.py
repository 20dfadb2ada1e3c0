"""Clients: the registry, which is asked whether a contract exists that has not come here yet."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import httpx

from services.core.errors import Conflict, Invalid, NotFound, Unavailable
from services.kit.doors import shapes
from services.kit.doors.shapes import Shape

T = TypeVar("T")

BEFORE_ACTIVATION = ("draft", "proposed", "signed")
RETRY_AFTER_SECONDS = 1


class RegistryUnavailable(Unavailable):
    """The registry does not answer as it should."""

    code = "registry-unavailable"
    title = "It cannot be said at this moment whether there is such a contract"


class ContractNotYetKnown(Unavailable):
    """Activated, and on its way to this service."""

    code = "contract-not-yet-known"
    title = "This contract has only just been activated"


class ContractNotActive(Conflict):
    """Known to its parties, and not in force yet."""

    code = "contract-not-active"
    title = "This contract is not in force yet"


class _ContractBody(Shape):
    contract_id: UUID
    parties: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class RegisteredContract:
    """What the registry knows of a contract: the organisations that are parties, and its state."""

    parties: tuple[str, ...]
    state: str


class Registry:
    """contracts-service, asked through `http`, which signs as this service. `from_activation` says what is possible
    in this service once a contract is active."""

    def __init__(self, http: httpx.AsyncClient, from_activation: str) -> None:
        self._http = http
        self._from_activation = from_activation

    async def find_contract(self, contract_id: UUID) -> RegisteredContract | None:
        """The contract that is registered under the id. Errors: `registry-unavailable`."""
        try:
            answer = await self._http.get(f"/internal/contracts/{contract_id}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            answer.raise_for_status()
            body = shapes.read_trusted(_ContractBody, answer.content)
        except (httpx.HTTPError, Invalid) as error:
            raise RegistryUnavailable() from error
        return RegisteredContract(body.parties, body.state)

    async def or_not_yet_known(self, organisation: str, contract_id: UUID, work: Awaitable[T]) -> T:
        """What `work` gives. A contract that `work` does not find may be on its way here: the registry is asked, with
        no transaction open, if `organisation` is a party of it. Errors: those of `work`, `contract-not-yet-known`,
        `contract-not-active`, `registry-unavailable`."""
        try:
            return await work
        except NotFound:
            registered = await self.find_contract(contract_id)
            if registered is None or organisation not in registered.parties:
                raise
        if registered.state in BEFORE_ACTIVATION:
            raise ContractNotActive(f"Every party signs, then a payer activates it; {self._from_activation}.")
        raise ContractNotYetKnown(retry_after_seconds=RETRY_AFTER_SECONDS)
