"""Door: many rows at once: NDJSON in, a result line a row out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from outcomes_service.domain.answer import Answer
from outcomes_service.domain.references import is_external_id
from outcomes_service.usecases.await_contract import or_not_yet_known
from services.kit.bulk import Name, Result, bulk
from services.kit.ndjson import MEDIA_TYPE
from services.kit.transaction import Transaction

UseCase = Callable[[Transaction, Sequence[Any]], Awaitable[Sequence[Answer]]]

ROWS: dict[str, Any] = {
    "content": {
        MEDIA_TYPE: {"schema": {"type": "string", "description": "The same, one object a line; a result line a row"}}
    }
}
"""What OpenAPI says of a body that may also be many rows."""


async def upload(
    request: Request, contract_id: UUID, operation: str, shape: type[Any], carry_out: UseCase, name: Name
) -> Response:
    """The answer to an upload to a contract. `shape` has a method `value`; `name` says what a result line may call a
    row. Errors: before anything is read, those of `carry_out` with no rows."""

    async def work(tx: Transaction, rows: Sequence[Any]) -> Sequence[Result]:
        return await carry_out(tx, [row.value() for row in rows])

    organisation = request.state.caller.organisation
    answer = bulk(request, operation, shape, work, name)
    return await or_not_yet_known(request.app.state.registry, organisation, contract_id, answer)


def nameless(_: Any) -> Mapping[str, str]:
    """Nothing of the row is said again: all that tells it apart is the key of a person."""
    return {}


def external_id_in(document: Any) -> Mapping[str, str]:
    """The sender's own id of the claim, if it is one."""
    said = document.get("externalId") if isinstance(document, dict) else None
    return {"externalId": said} if isinstance(said, str) and is_external_id(said) else {}


def claim_id_in(document: Any) -> Mapping[str, str]:
    """The id of the claim, if it is one."""
    said = document.get("claimId") if isinstance(document, dict) else None
    try:
        return {"claimId": str(UUID(said))}
    except (TypeError, ValueError, AttributeError):
        return {}
