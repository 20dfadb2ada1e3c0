"""Use case: the second decision on a claim, by who decides disputes."""

from typing import Literal
from uuid import UUID

from outcomes_service.domain import deciding
from outcomes_service.domain.claim import Claim, Reason
from outcomes_service.usecases.change_claim import change_claim, lock_claim
from services.kit.database.transaction import Transaction


async def decide_dispute(
    tx: Transaction, claim_id: UUID, verdict: Literal["verified", "rejected"], reason: Reason | None, expected: int
) -> Claim:
    """The claim, decided; or still disputed, while not all who must agree have stated the same. Errors: `not-found`,
    and those of `deciding.decide_dispute`."""
    contract, claim = await lock_claim(tx, claim_id)
    change = deciding.decide_dispute(contract, claim, tx.caller.organisation, verdict, reason, expected, tx.now)
    return await change_claim(tx, change)
