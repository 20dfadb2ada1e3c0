"""Door: many rows at once: NDJSON in, a result line a row out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from outcomes_service.domain.references import as_claim_id, is_external_id
from services.clients.registry import Registry
from services.core.personal_numbers import find_personal_number
from services.kit.doors.bulk import Door, bulk
from services.kit.doors.ndjson import MEDIA_TYPE

AS_ONE = "The same, one object a line."
RESULTS = (
    "A result line a row, in order: its `line`, the `result` (`created`, `replayed`, `refused`, or `failed`: "
    "send it again), the `id` of what was kept, or `code`, `detail` and `errors` as in a problem document. The last "
    "line is a `summary`, how many rows had each result."
)


def many_rows(described: str) -> dict[str, Any]:
    """For a route's `openapi_extra`: a body of many rows, `described`, and what it is answered with."""
    answer = {"description": "A result line a row; of one sent alone: what stood already", **_lines(RESULTS)}
    return {"requestBody": {"required": True, **_lines(described)}, "responses": {"200": answer}}


def _lines(described: str) -> dict[str, Any]:
    return {"content": {MEDIA_TYPE: {"schema": {"type": "string", "description": described}}}}


async def upload(request: Request, contract_id: UUID, door: Door) -> Response:
    """The answer to an upload to a contract. Errors: before anything is read, those of `door.work` with no rows."""
    registry: Registry = request.app.state.registry
    organisation = request.state.caller.organisation
    return await registry.or_not_yet_known(organisation, contract_id, bulk(request, door))


def value_of(row: Any) -> Any:
    """The value of a row of any shape here."""
    return row.value()


def external_id_in(document: Any) -> Mapping[str, str]:
    """The sender's own id of the claim, if it is one: what may be a person's number is not said again."""
    external_id = document.get("externalId") if isinstance(document, dict) else None
    if not isinstance(external_id, str) or not is_external_id(external_id) or find_personal_number(external_id):
        return {}
    return {"externalId": external_id}


def claim_id_in(document: Any) -> Mapping[str, str]:
    """The id of the claim, if it is one."""
    claim_id = as_claim_id(document.get("claimId")) if isinstance(document, dict) else None
    return {} if claim_id is None else {"claimId": str(claim_id)}
