"""Door: what stands behind a settlement: lines, items, explanations, inputs."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.core.errors import NotFound
from services.kit.doors.http import Reply, StrictRoute
from services.kit.doors.pages import FIRST_LIMIT, Cursor, Limit, after, number_key, page
from settlement_service.api.asking import question
from settlement_service.api.formats import JSON, NDJSON, wanted
from settlement_service.api.inputs import inputs_response
from settlement_service.api.schemas import LineList, lines_of
from settlement_service.api.schemas_items import ExplanationBody, ItemList, item_list
from settlement_service.domain.facts.figures import ItemPlace
from settlement_service.domain.settling.change import Change
from settlement_service.usecases import list_items as items
from settlement_service.usecases.get_inputs import get_inputs as get
from settlement_service.usecases.get_settlement import get_settlement as show

router = APIRouter(prefix="/v1/settlements/{settlement_id}", route_class=StrictRoute, tags=["settlements"])

Number = Annotated[int, Path(ge=1, le=999_999_999)]
Occurrence = Annotated[str, Path(max_length=64)]
AS_NDJSON: dict[int | str, dict[str, Any]] = {
    200: {"content": {NDJSON: {"schema": {"type": "string"}}, JSON: {"schema": {"type": "object"}}}}
}


@router.get("/lines", response_model=LineList)
async def list_lines(
    request: Request, settlement_id: UUID, limit: Limit = FIRST_LIMIT, cursor: Cursor = None
) -> Response:
    """The lines of a statement as the caller is shown them. There are none before it is calculated."""
    begin = after(cursor, 1, number_key, 0)
    shown = await question(request, lambda tx: show(tx, settlement_id))
    content = shown.projection.content if shown.projection else {"lines": []}
    lines = [line for line in lines_of(content, shown.history, shown.audience) if line.number > begin]
    return page(
        request,
        lines,
        limit,
        lambda line: (str(line.number),),
        lambda shown_lines, after_: LineList(items=tuple(shown_lines), next_cursor=after_),
    )


@router.get("/lines/{number}/items", response_model=ItemList)
async def list_items(
    request: Request, settlement_id: UUID, number: Number, limit: Limit = FIRST_LIMIT, cursor: Cursor = None
) -> Response:
    """The items behind a line, for who may see what concerns single persons: those about one subject together, by
    date."""
    begin = after(cursor, 3, _place, None)
    terms, changes = await question(request, lambda tx: items.list_items(tx, settlement_id, number, begin, limit + 1))
    return page(request, changes, limit, _key, lambda shown, after_: item_list(terms, shown, after_))


def _place(subject_id: str, achieved_on: str, occurrence: str) -> ItemPlace | None:
    return UUID(subject_id), date.fromisoformat(achieved_on), occurrence


def _key(item: Change) -> tuple[str, str, str]:
    subject_id, achieved_on, occurrence = item.place
    return str(subject_id), achieved_on.isoformat(), occurrence


@router.get("/lines/{number}/items/{subject_id}/{occurrence}/explanation", response_model=ExplanationBody)
async def explain_item(
    request: Request, settlement_id: UUID, number: Number, subject_id: UUID, occurrence: Occurrence
) -> Response:
    """Why the amount of the item of a line about a subject and occurrence is what it is, and who decided it."""
    explained = await question(
        request, lambda tx: items.explain_item(tx, settlement_id, number, subject_id, occurrence)
    )
    return Reply(200, ExplanationBody.model_validate(explained)).response()


@router.get("/inputs", response_class=Response, responses=AS_NDJSON)
async def get_inputs(request: Request, settlement_id: UUID) -> Response:
    """Everything that the settlement rests on, as far as the caller may see it, to compute it again with
    `enzym-recompute`: NDJSON (what was computed, then an input a line), or one JSON document."""
    format_ = wanted(request, (NDJSON, JSON))
    opened = await question(request, lambda tx: get(tx, settlement_id))
    if opened.given.input_count == 0:
        raise NotFound()
    return await inputs_response(request, opened, format_)
