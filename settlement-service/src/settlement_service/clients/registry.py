"""Clients: the registry, which is asked whether a contract exists that has not come here yet."""

from dataclasses import dataclass
from uuid import UUID

import httpx

from services.core.errors import Invalid, Unavailable
from services.kit.doors import shapes
from services.kit.doors.shapes import Shape

NAME = "contracts-service"


class RegistryUnavailable(Unavailable):
    """The registry does not answer as it should."""

    code = "registry-unavailable"
    title = "It cannot be said at this moment whether there is such a contract"


class _Said(Shape):
    contract_id: UUID
    parties: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Registered:
    """What the registry says of a contract: the organisations that are parties, and its state."""

    parties: tuple[str, ...]
    state: str


class Registry:
    """contracts-service, asked through `http`, which signs as this service."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def find_contract(self, contract_id: UUID) -> Registered | None:
        """What is registered under the id. Errors: `registry-unavailable`."""
        try:
            answer = await self._http.get(f"/internal/contracts/{contract_id}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            answer.raise_for_status()
            said = shapes.read_trusted(_Said, answer.content)
        except (httpx.HTTPError, Invalid) as error:
            raise RegistryUnavailable() from error
        return Registered(said.parties, said.state)
