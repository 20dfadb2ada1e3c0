"""Use case: a payer, a provider or the reporter contests the verifier's decision."""

from uuid import UUID

from outcomes_service.domain.claim import Claim, Reason
from outcomes_service.domain.deciding import dispute
from outcomes_service.domain.reporting import OccurrenceTaken
from outcomes_service.storage.claims import has_live_twin
from outcomes_service.usecases.change_claim import change_claim, lock_claim
from services.kit.database.transaction import Transaction


async def dispute_claim(tx: Transaction, claim_id: UUID, reason: Reason, expected: int) -> Claim:
    """The claim, disputed; it is live again if it was rejected. Errors: `not-found`, those of `dispute`, and
    `occurrence-taken` when another claim has meanwhile come in its place."""
    contract, claim = await lock_claim(tx, claim_id)
    change = dispute(contract, claim, tx.caller.organisation, reason, expected, tx.now)
    if await has_live_twin(tx, claim):
        raise OccurrenceTaken("Contest the decision before another claim is made on the same occurrence.")
    return await change_claim(tx, change)
