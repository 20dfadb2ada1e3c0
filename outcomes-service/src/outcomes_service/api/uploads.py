"""Door: many rows at once: NDJSON in, a result line a row out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from outcomes_service.domain.references import is_external_id
from outcomes_service.usecases.await_contract import or_not_yet_known
from services.core.personal_numbers import find_personal_number
from services.kit.bulk import Door, bulk
from services.kit.ndjson import MEDIA_TYPE

ROWS: dict[str, Any] = {
    "content": {
        MEDIA_TYPE: {"schema": {"type": "string", "description": "The same, one object a line; a result line a row"}}
    }
}
"""What OpenAPI says of a body that may also be many rows."""


async def upload(request: Request, contract_id: UUID, door: Door) -> Response:
    """The answer to an upload to a contract. Errors: before anything is read, those of `door.work` with no rows."""
    organisation = request.state.caller.organisation
    return await or_not_yet_known(request.app.state.registry, organisation, contract_id, bulk(request, door))


def value_of(row: Any) -> Any:
    """The value of a row of any shape here."""
    return row.value()


def external_id_in(document: Any) -> Mapping[str, str]:
    """The sender's own id of the claim, if it is one: what may be a person's number is not said again."""
    said = document.get("externalId") if isinstance(document, dict) else None
    if not isinstance(said, str) or not is_external_id(said) or find_personal_number(said):
        return {}
    return {"externalId": said}


def claim_id_in(document: Any) -> Mapping[str, str]:
    """The id of the claim, if it is one."""
    said = document.get("claimId") if isinstance(document, dict) else None
    try:
        return {"claimId": str(UUID(said))}
    except (TypeError, ValueError, AttributeError):
        return {}
