"""Door: settlements: prepared, shown, approved, cancelled, paid."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.kit.doors.http import IDEMPOTENCY_KEY, IF_MATCH, StrictRoute, expected_version, needs
from services.kit.doors.pages import FIRST_LIMIT, Cursor, Limit, after, number_key, page
from services.kit.doors.shapes import text
from settlement_service.api.asking import about_contract, command, question
from settlement_service.api.formats import CSV, JSON, Format, csv_of, digest, is_held, wanted
from settlement_service.api.schemas import SettlementBody, SettlementList
from settlement_service.api.schemas_commands import NewApproval, NewPayment, NewSettlement, Nothing
from settlement_service.domain.ledger.lifecycle import State
from settlement_service.usecases import get_settlement as showing
from settlement_service.usecases.approve_settlement import approve_settlement as approve
from settlement_service.usecases.cancel_settlement import cancel_settlement as cancel
from settlement_service.usecases.confirm_payment import Confirmation
from settlement_service.usecases.confirm_payment import confirm_payment as confirm
from settlement_service.usecases.prepare_settlement import prepare_settlement as prepare

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["settlements"])

InState = Annotated[State | None, Query(alias="state", description="Only those in this state")]
Bom = Annotated[bool, Query(description="CSV begins with a byte order mark, as some spreadsheets want")]
AS_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {CSV: {"schema": {"type": "string", "description": "`;`, decimal comma, CRLF, a row of headings"}}}
    }
}


@router.post(
    "/contracts/{contract_id}/settlements",
    status_code=202,
    response_model=SettlementBody,
    openapi_extra=needs(IDEMPOTENCY_KEY),
)
async def prepare_settlement(request: Request, contract_id: UUID, body: NewSettlement) -> Response:
    """A payer has everything settled that was achieved before the period's end. It is open until all that is known
    elsewhere at this moment is known here; then it is frozen and calculated."""
    period = body.period.value()
    work = command(request, "prepare_settlement", lambda tx: prepare(tx, contract_id, body.kind, period), status=202)
    return await about_contract(request, contract_id, work)


@router.get("/contracts/{contract_id}/settlements", response_model=SettlementList)
async def list_contract_settlements(
    request: Request, contract_id: UUID, limit: Limit = FIRST_LIMIT, cursor: Cursor = None, state: InState = None
) -> Response:
    """The settlements of one contract, by number."""
    return await about_contract(request, contract_id, _list(request, contract_id, limit, cursor, state))


@router.get("/settlements", response_model=SettlementList)
async def list_settlements(
    request: Request, limit: Limit = FIRST_LIMIT, cursor: Cursor = None, state: InState = None
) -> Response:
    """The settlements of all contracts that the caller's organisation is a party of."""
    return await _list(request, None, limit, cursor, state)


async def _list(
    request: Request, contract_id: UUID | None, limit: int, cursor: str | None, state: State | None
) -> Response:
    begin = after(cursor, 2, lambda contract, number: (UUID(contract), number_key(number)), None)
    shown = await question(request, lambda tx: showing.list_settlements(tx, contract_id, state, begin, limit + 1))
    return page(
        request,
        shown,
        limit,
        lambda last: (str(last.settlement.contract_id), str(last.settlement.number)),
        lambda items, after_: SettlementList(items=tuple(map(SettlementBody.of, items)), next_cursor=after_),
    )


@router.get("/settlements/{settlement_id}", response_model=SettlementBody, responses=AS_CSV)
async def get_settlement(request: Request, settlement_id: UUID, bom: Bom = False) -> Response:
    """A settlement as the caller may see it: as JSON, or its statement as CSV (`Accept: text/csv`)."""
    format_ = wanted(request, (JSON, CSV), bom)
    if "if-none-match" in request.headers:
        revision = await question(request, lambda tx: showing.get_revision(tx, settlement_id))
        if is_held(request, format_.tag(revision)):
            return Response(status_code=304, headers=_validators(format_, revision))
    shown = await question(request, lambda tx: showing.get_settlement(tx, settlement_id))
    body = SettlementBody.of(shown)
    raw = text(body) if format_.media_type == JSON else csv_of(body, format_.bom)
    headers = {**_validators(format_, body.revision), "content-digest": digest(raw)}
    if format_.media_type == CSV:
        headers["content-disposition"] = f'attachment; filename="settlement-{body.number}.csv"'
    return Response(raw, 200, headers, format_.media_type)


def _validators(format_: Format, revision: int) -> dict[str, str]:
    """What says which version this is, and that it is for this reader in this format alone."""
    return {"etag": format_.tag(revision), "vary": "accept, authorization", "cache-control": "private, no-cache"}


@router.post(
    "/settlements/{settlement_id}/approvals",
    response_model=SettlementBody,
    openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH),
)
async def approve_settlement(request: Request, settlement_id: UUID, body: NewApproval) -> Response:
    """A person of a payer, another one than who prepared it, approves what it says. With the last approval that is
    needed it is `approved`: it cannot be given up any more, and goes on by itself to `posted`, which can be watched."""
    expected = expected_version(request)
    return await command(
        request, "approve_settlement", lambda tx: approve(tx, settlement_id, body.content_sha256, expected)
    )


@router.post(
    "/settlements/{settlement_id}/cancellation",
    response_model=SettlementBody,
    openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH),
)
async def cancel_settlement(request: Request, settlement_id: UUID, body: Nothing) -> Response:
    """A payer gives a settlement up before everybody has approved it; its period is free again."""
    expected = expected_version(request)
    return await command(request, "cancel_settlement", lambda tx: cancel(tx, settlement_id, expected))


@router.post(
    "/settlements/{settlement_id}/payments",
    response_model=SettlementBody,
    openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH),
)
async def confirm_payment(request: Request, settlement_id: UUID, body: NewPayment) -> Response:
    """A payer confirms what bank or finance system say: paid, or rejected."""
    expected = expected_version(request)
    confirmation = Confirmation(body.reference, body.paid_on, body.amount.value(), body.outcome, body.payee)
    return await command(request, "confirm_payment", lambda tx: confirm(tx, settlement_id, confirmation, expected))
