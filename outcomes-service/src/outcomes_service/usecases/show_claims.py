"""Use case: the claims of a contract, for those who may read them."""

from collections.abc import Sequence
from uuid import UUID

from outcomes_service.domain.claim import Claim, State
from outcomes_service.domain.contract import AT_CLAIMS
from outcomes_service.storage.claims import get_claim, list_claims
from outcomes_service.storage.contracts import get_contract
from services.kit.database.transaction import Transaction


async def show_claims(
    tx: Transaction, contract_id: UUID, state: State | None, metric: str | None, after: UUID | None, limit: int
) -> Sequence[Claim]:
    """Up to `limit` claims on the metrics that the caller pays for, reports, verifies or decides on, the oldest first.
    Errors: `not-found`, `role-not-allowed`."""
    contract = await get_contract(tx, contract_id)
    contract.require(tx.caller.organisation, AT_CLAIMS)
    return await list_claims(tx, contract_id, state, metric, after, limit)


async def show_claim(tx: Transaction, claim_id: UUID) -> Claim:
    """One claim, as `show_claims`. Errors: `not-found`."""
    return await get_claim(tx, claim_id)
