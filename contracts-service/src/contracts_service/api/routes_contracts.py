"""Door: contracts, from draft to completion or termination."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request, Response

from contracts_service.api.answers import address, command
from contracts_service.api.offers import ContractSent, offer_in
from contracts_service.api.schemas import NOTHING, ContractBody, ContractList, NewTermination, Nothing
from contracts_service.domain.contract import Contract
from contracts_service.usecases.activate_contract import activate_contract as activate
from contracts_service.usecases.complete_contract import complete_contract as complete
from contracts_service.usecases.draft_contract import draft_contract as draft
from contracts_service.usecases.get_contract import get_contract as get
from contracts_service.usecases.list_contracts import list_contracts as list_own
from contracts_service.usecases.propose_terms import propose_terms as propose
from contracts_service.usecases.resume_contract import resume_contract as resume
from contracts_service.usecases.suspend_contract import suspend_contract as suspend
from contracts_service.usecases.terminate_contract import terminate_contract as terminate
from services.kit.doors.http import IDEMPOTENCY_KEY, IF_MATCH, Reply, TermsRoute, etag, expected_version, needs
from services.kit.doors.pages import FIRST_LIMIT, Cursor, Limit, after, page
from services.kit.doors.write import reading

router = APIRouter(prefix="/v1/contracts", route_class=TermsRoute, tags=["contracts"])


@router.post("", status_code=201, response_model=ContractBody, openapi_extra=needs(IDEMPOTENCY_KEY))
async def draft_contract(request: Request, body: ContractSent) -> Response:
    """Drafts a contract with the first version of its terms. The caller's organisation is a payer among the parties;
    every party stands in the directory. What is signed later is this body as it is sent, but for title and refs."""
    heading, offer = body.heading(), await offer_in(request, body)
    return await command(request, "draft_contract", lambda tx: draft(tx, heading, offer), status=201, location=address)


@router.get("", response_model=ContractList)
async def list_contracts(request: Request, limit: Limit = FIRST_LIMIT, cursor: Cursor = None) -> Response:
    """The contracts that the caller's organisation is a party of, the oldest first."""
    begin = after(cursor, 1, UUID, None)
    async with reading(request) as tx:
        contracts = await list_own(tx, begin, limit + 1)
    return page(request, contracts, limit, lambda contract: (str(contract.id),), _list)


@router.get("/{contract_id}", response_model=ContractBody)
async def get_contract(request: Request, contract_id: UUID) -> Response:
    """One contract, for its parties."""
    async with reading(request) as tx:
        contract = await get(tx, contract_id)
    return Reply(200, ContractBody.of(contract), etag(contract.revision)).response()


@router.post("/{contract_id}/proposal", response_model=ContractBody, openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH))
async def propose_terms(request: Request, contract_id: UUID, body: Nothing = NOTHING) -> Response:
    """A payer offers the newest terms to every party for signature: the first ones, or an amendment."""
    expected = expected_version(request)
    return await command(request, "propose_terms", lambda tx: propose(tx, contract_id, expected))


@router.post("/{contract_id}/activation", response_model=ContractBody, openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH))
async def activate_contract(request: Request, contract_id: UUID, body: Nothing = NOTHING) -> Response:
    """A payer puts a contract that every party has signed into force, also after its end; or an amendment that every
    party of the old and the new terms has signed into effect."""
    expected = expected_version(request)
    return await command(request, "activate_contract", lambda tx: activate(tx, contract_id, expected))


@router.post("/{contract_id}/suspension", response_model=ContractBody, openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH))
async def suspend_contract(request: Request, contract_id: UUID, body: Nothing = NOTHING) -> Response:
    """A payer suspends a contract in force: claims go on; settlement and payment wait."""
    expected = expected_version(request)
    return await command(request, "suspend_contract", lambda tx: suspend(tx, contract_id, expected))


@router.post("/{contract_id}/resumption", response_model=ContractBody, openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH))
async def resume_contract(request: Request, contract_id: UUID, body: Nothing = NOTHING) -> Response:
    """A payer lets a suspended contract go on: settlement and payment too."""
    expected = expected_version(request)
    return await command(request, "resume_contract", lambda tx: resume(tx, contract_id, expected))


@router.post("/{contract_id}/completion", response_model=ContractBody, openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH))
async def complete_contract(request: Request, contract_id: UUID, body: Nothing = NOTHING) -> Response:
    """A payer says that a contract ended as agreed, once its outcome period is over. What is due is settled."""
    expected = expected_version(request)
    return await command(request, "complete_contract", lambda tx: complete(tx, contract_id, expected))


@router.post("/{contract_id}/termination", response_model=ContractBody, openapi_extra=needs(IDEMPOTENCY_KEY, IF_MATCH))
async def terminate_contract(request: Request, contract_id: UUID, body: NewTermination) -> Response:
    """A payer ends a contract early: what is achieved on that day or later is not paid for. Everything else about it
    goes on."""
    expected = expected_version(request)
    return await command(
        request, "terminate_contract", lambda tx: terminate(tx, contract_id, body.terminated_on, expected)
    )


def _list(items: Sequence[Contract], cursor: str | None) -> ContractList:
    return ContractList(items=tuple(ContractBody.of(contract) for contract in items), next_cursor=cursor)
