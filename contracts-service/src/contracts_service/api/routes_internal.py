"""Door: what other services may ask."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from contracts_service.api.schemas import PartyStatusBody
from contracts_service.usecases.get_party_status import get_party_status as get
from services.kit.doors.http import Reply, StrictRoute
from services.kit.doors.write import reading

router = APIRouter(prefix="/internal/contracts", route_class=StrictRoute, include_in_schema=False)


@router.get("/{contract_id}", response_model=PartyStatusBody)
async def get_party_status(request: Request, contract_id: UUID) -> Response:
    """Whether the contract is known, and who is a party of it."""
    async with reading(request) as tx:
        status = await get(tx, contract_id)
    return Reply(200, PartyStatusBody.of(status)).response()
