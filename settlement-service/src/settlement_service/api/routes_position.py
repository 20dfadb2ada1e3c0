"""Door: where a contract stands, and the ledger."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.kit.doors.http import Reply, StrictRoute
from services.kit.doors.pages import FIRST_LIMIT, Cursor, Limit, after, page
from settlement_service.api.asking import about_contract, question
from settlement_service.api.schemas_position import EntryBody, EntryList, PositionBody
from settlement_service.usecases.get_position import get_position as position
from settlement_service.usecases.list_entries import list_entries

router = APIRouter(prefix="/v1", route_class=StrictRoute)

OfContract = Annotated[UUID | None, Query(alias="contract", description="Only those of this contract")]


@router.get("/contracts/{contract_id}/position", response_model=PositionBody, tags=["settlements"])
async def get_position(request: Request, contract_id: UUID) -> Response:
    """Entitled, settled, waiting, and what is left under each cap, as known at this moment. An investor is told as of
    the last posted statement."""
    shown = await about_contract(request, contract_id, question(request, lambda tx: position(tx, contract_id)))
    return Reply(200, PositionBody.of(shown), {"cache-control": "private, no-cache"}).response()


@router.get("/ledger/entries", response_model=EntryList, tags=["ledger"])
async def list_ledger_entries(
    request: Request, contract: OfContract = None, limit: Limit = FIRST_LIMIT, cursor: Cursor = None
) -> Response:
    """Entries of the ledger, the oldest first. A payer sees whole entries of its contracts, others their own side."""
    begin = after(cursor, 1, UUID, None)
    entries = await question(request, lambda tx: list_entries(tx, contract, begin, limit + 1))
    return page(
        request,
        entries,
        limit,
        lambda entry: (str(entry.id),),
        lambda items, after_: EntryList(items=tuple(map(EntryBody.of, items)), next_cursor=after_),
    )
