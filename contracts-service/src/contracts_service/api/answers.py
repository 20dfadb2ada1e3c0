"""Door: how the registry answers: a contract after a command, and nothing when the client has it already."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response

from contracts_service.api.schemas import ContractBody
from contracts_service.domain.contract import Contract
from services.kit.database.transaction import Transaction
from services.kit.doors.http import Reply, etag
from services.kit.doors.write import write


async def command(
    request: Request,
    operation: str,
    work: Callable[[Transaction], Awaitable[Contract]],
    status: int = 200,
    location: Callable[[Contract], str] | None = None,
) -> Response:
    """Carries out a command on a contract, and answers with the contract as it is then and its ETag, so that the
    next command can follow. `location` is of what the command made."""

    async def carried_out(tx: Transaction) -> Reply:
        contract = await work(tx)
        headers = {**etag(contract.revision), "content-location": address(contract)}
        if location is not None:
            headers["location"] = location(contract)
        return Reply(status, ContractBody.of(contract), headers)

    return await write(request, operation, carried_out)


def address(contract: Contract) -> str:
    """Where the contract is read."""
    return f"/v1/contracts/{contract.id}"


def is_known(request: Request, tag: str) -> bool:
    """Whether the client has what `tag` (in its quotes) stands for (`If-None-Match`, RFC 9110, 13.1.2)."""
    held = request.headers.get("if-none-match", "")
    return tag in (known.strip().removeprefix("W/") for known in held.split(","))


def not_modified(tag: str) -> Response:
    """304: the client's copy is still right."""
    return Response(status_code=304, headers={"etag": tag})
