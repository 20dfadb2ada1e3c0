"""Use case: the reporter takes a claim back."""

from uuid import UUID

from outcomes_service.domain.claim import Claim
from outcomes_service.domain.deciding import withdraw
from outcomes_service.usecases.change_claim import change_claim, lock_claim
from services.kit.database.transaction import Transaction


async def withdraw_claim(tx: Transaction, claim_id: UUID, expected: int) -> Claim:
    """The claim, withdrawn. Errors: `not-found`, and those of `withdraw`."""
    contract, claim = await lock_claim(tx, claim_id)
    return await change_claim(tx, withdraw(contract, claim, tx.caller.organisation, expected, tx.now))
