"""Door: claims, from the report to the last decision."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from outcomes_service.api.answers import command_in, kept_claim, read_in, shown
from outcomes_service.api.schemas import (
    ClaimBody,
    ClaimList,
    NewClaim,
    NewDecision,
    NewDecisionOnOne,
    NewDispute,
    NewDisputeDecision,
    Nothing,
)
from outcomes_service.api.uploads import AS_ONE, claim_id_in, many_rows, upload, value_of
from outcomes_service.domain.claim import Claim, State
from outcomes_service.usecases.correct_claim import correct_claim as correct
from outcomes_service.usecases.decide_dispute import decide_dispute as decide
from outcomes_service.usecases.dispute_claim import dispute_claim as contest
from outcomes_service.usecases.report_claims import report_claim as report
from outcomes_service.usecases.show_claims import show_claim, show_claims
from outcomes_service.usecases.verify_claims import Deciding
from outcomes_service.usecases.verify_claims import verify_claim as verify_one
from outcomes_service.usecases.verify_claims import verify_claims as verify_many
from outcomes_service.usecases.withdraw_claim import withdraw_claim as withdraw
from services.kit.database.transaction import Transaction
from services.kit.doors.bulk import Door
from services.kit.doors.http import IDEMPOTENCY_KEY, IF_MATCH, Reply, StrictRoute, expected_version, needs
from services.kit.doors.pages import FIRST_LIMIT, Cursor, Limit, after, page
from services.kit.doors.write import reading, write

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["claims"])
ON_A_CLAIM = needs(IDEMPOTENCY_KEY, IF_MATCH)
DECISIONS = (
    "One object a line: `claimId`, `version` (the claim's `revision` that was read), `decision` (`verified`, "
    "`rejected` or `returned`), and `reason`, one of the codes, unless it is verified."
)


@router.get("/contracts/{contract_id}/claims", response_model=ClaimList)
async def list_claims(
    request: Request,
    contract_id: UUID,
    state: State | None = None,
    metric: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = FIRST_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The claims on metrics that the caller pays for, reports, verifies or decides on, the oldest first."""
    begin = after(cursor, 1, UUID, None)
    claims = await read_in(
        request, contract_id, lambda tx: show_claims(tx, contract_id, state, metric, begin, limit + 1)
    )
    return page(request, claims, limit, lambda claim: (str(claim.id),), _list)


@router.post(
    "/contracts/{contract_id}/claims",
    status_code=201,
    response_model=ClaimBody,
    responses={200: {"model": ClaimBody}},
    openapi_extra={**needs(IDEMPOTENCY_KEY), **many_rows(AS_ONE)},
)
async def report_claims(request: Request, contract_id: UUID, body: NewClaim) -> Response:
    """Reports that something was achieved: for the organisation that the terms name. The same external id with the
    same content is replayed. As NDJSON: many, without Idempotency-Key."""
    secret = request.app.state.order_secret

    async def work(tx: Transaction) -> Reply:
        return kept_claim(*await report(tx, contract_id, body.value(), secret))

    return await command_in(request, contract_id, "report_claims", work)


@router.post(
    "/contracts/{contract_id}/verifications",
    response_class=Response,
    openapi_extra=many_rows(DECISIONS),
)
async def verify_claims(request: Request, contract_id: UUID) -> Response:
    """Decides on many claims: NDJSON, a row a claim with the revision that was read; a result line a row."""
    door = Door(
        operation="verify_claims",
        shape=NewDecisionOnOne,
        value=value_of,
        work=lambda tx, rows: verify_many(tx, contract_id, rows),
        name=claim_id_in,
    )
    return await upload(request, contract_id, door)


@router.get("/claims/{claim_id}", response_model=ClaimBody)
async def get_claim(request: Request, claim_id: UUID) -> Response:
    """One claim, with what was decided on it."""
    async with reading(request) as tx:
        claim = await show_claim(tx, claim_id)
    return shown(claim).response()


@router.post("/claims/{claim_id}/verification", response_model=ClaimBody, openapi_extra=ON_A_CLAIM)
async def verify_claim(request: Request, claim_id: UUID, body: NewDecision) -> Response:
    """The verifier finds that the claim holds or does not, or returns it to be corrected."""
    decision = Deciding(claim_id, expected_version(request), body.decision, body.reason)

    async def work(tx: Transaction) -> Reply:
        answer, claim = await verify_one(tx, decision)
        return shown(claim, answer)

    return await write(request, "verify_claim", work)


@router.post("/claims/{claim_id}/dispute", response_model=ClaimBody, openapi_extra=ON_A_CLAIM)
async def dispute_claim(request: Request, claim_id: UUID, body: NewDispute) -> Response:
    """A payer, a provider or the reporter contests the decision; it stands until that is decided."""
    expected = expected_version(request)

    async def work(tx: Transaction) -> Reply:
        return shown(await contest(tx, claim_id, body.reason, expected))

    return await write(request, "dispute_claim", work)


@router.post("/claims/{claim_id}/dispute/decision", response_model=ClaimBody, openapi_extra=ON_A_CLAIM)
async def decide_dispute(request: Request, claim_id: UUID, body: NewDisputeDecision) -> Response:
    """The second decision, or one party's part of it where reporter and verifier must agree."""
    expected = expected_version(request)

    async def work(tx: Transaction) -> Reply:
        return shown(await decide(tx, claim_id, body.decision, body.reason, expected))

    return await write(request, "decide_dispute", work)


@router.post("/claims/{claim_id}/withdrawal", response_model=ClaimBody, openapi_extra=ON_A_CLAIM)
async def withdraw_claim(request: Request, claim_id: UUID, body: Nothing) -> Response:
    """The reporter takes the claim back."""
    expected = expected_version(request)

    async def work(tx: Transaction) -> Reply:
        return shown(await withdraw(tx, claim_id, expected))

    return await write(request, "withdraw_claim", work)


@router.post("/claims/{claim_id}/correction", status_code=201, response_model=ClaimBody, openapi_extra=ON_A_CLAIM)
async def correct_claim(request: Request, claim_id: UUID, body: NewClaim) -> Response:
    """The reporter puts a new claim, with an external id of its own, in the place of this one."""
    expected, secret = expected_version(request), request.app.state.order_secret

    async def work(tx: Transaction) -> Reply:
        return kept_claim(*await correct(tx, claim_id, body.value(), secret, expected))

    return await write(request, "correct_claim", work)


def _list(items: Sequence[Claim], cursor: str | None) -> ClaimList:
    return ClaimList(items=tuple(ClaimBody.of(claim) for claim in items), next_cursor=cursor)
