"""Door: questions and commands that name a contract, which may not have come here yet."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from fastapi import Request, Response

from services.clients.registry import Registry
from services.kit.database.transaction import Transaction
from services.kit.doors.http import Reply, etag
from services.kit.doors.write import reading, write
from settlement_service.api.schemas import SettlementBody
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.usecases.get_settlement import show

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[Settlement]]


async def about_contract(request: Request, contract_id: UUID, work: Awaitable[T]) -> T:
    """What `work` gives. Errors: those of `work`; `contract-not-yet-known` when the registry knows a contract that
    has not come here, which is asked when no transaction is open."""
    registry: Registry = request.app.state.registry
    organisation = request.state.caller.organisation
    return await registry.or_not_yet_known(organisation, contract_id, work)


async def question(request: Request, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """What `work` gives, in a transaction for reading."""
    async with reading(request) as tx:
        return await work(tx)


async def command(request: Request, operation: str, work: Work, status: int = 200) -> Response:
    """Carries out a command on a settlement, and answers with the settlement as it is then and its ETag, so that the
    next command can follow. 202 says that it goes on by itself, and where it can be watched."""

    async def carried_out(tx: Transaction) -> Reply:
        settlement = await work(tx)
        place = f"/v1/settlements/{settlement.id}"
        headers = {**etag(settlement.revision), "content-location": place}
        if status == 202:
            headers["location"] = place
        return Reply(status, SettlementBody.of(await show(tx, settlement)), headers)

    return await write(request, operation, carried_out)
