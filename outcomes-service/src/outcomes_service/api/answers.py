"""Door: how ingestion answers: one row of its own, a claim after a command, and a contract that is not here yet."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from fastapi import Request, Response

from outcomes_service.api.schemas import ClaimBody
from outcomes_service.domain.answer import CREATED, Answer
from outcomes_service.domain.claim import Claim
from services.clients.registry import Registry
from services.kit.database.transaction import Transaction
from services.kit.doors.http import Reply, etag
from services.kit.doors.shapes import Shape
from services.kit.doors.write import reading, write

T = TypeVar("T")

REPLAYED = {"idempotency-replayed": "true"}


def kept(answer: Answer, body: Shape, headers: dict[str, str] | None = None) -> Reply:
    """201 for a row that was kept, 200 for one that stood already just so. Errors: why it was refused."""
    if answer.or_refusal().kind == "replayed":
        return Reply(200, body, {**(headers or {}), **REPLAYED})
    return Reply(201, body, headers or {})


def kept_claim(answer: Answer, claim: Claim) -> Reply:
    """As `kept`, with where the claim is."""
    return kept(answer, ClaimBody.of(claim), {**etag(claim.revision), "location": f"/v1/claims/{claim.id}"})


def shown(claim: Claim, answer: Answer = CREATED) -> Reply:
    """The claim as it is, with the ETag for the next command."""
    headers = etag(claim.revision)
    return Reply(200, ClaimBody.of(claim), {**headers, **REPLAYED} if answer.kind == "replayed" else headers)


async def command_in(
    request: Request, contract_id: UUID, operation: str, work: Callable[[Transaction], Awaitable[Reply]]
) -> Response:
    """Carries out a command in a contract."""
    return await _in(request, contract_id, write(request, operation, work))


async def read_in(request: Request, contract_id: UUID, read: Callable[[Transaction], Awaitable[T]]) -> T:
    """What is read of a contract."""

    async def reads() -> T:
        async with reading(request) as tx:
            return await read(tx)

    return await _in(request, contract_id, reads())


async def _in(request: Request, contract_id: UUID, work: Awaitable[T]) -> T:
    registry: Registry = request.app.state.registry
    organisation = request.state.caller.organisation
    return await registry.or_not_yet_known(organisation, contract_id, work)
