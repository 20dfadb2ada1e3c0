"""Use case: what every command on one claim begins and ends with."""

from uuid import UUID

from outcomes_service.domain.claim import Claim
from outcomes_service.domain.contract import Contract
from outcomes_service.domain.deciding import Change
from outcomes_service.storage.claims import find_contract_of, get_claim, save_changes
from outcomes_service.storage.contracts import get_contract
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell


async def lock_claim(tx: Transaction, claim_id: UUID) -> tuple[Contract, Claim]:
    """The claim's contract, locked first, and the claim as it is then. Errors: `not-found`."""
    contract = await get_contract(tx, await find_contract_of(tx, claim_id), lock=True)
    return contract, await get_claim(tx, claim_id)


async def change_claim(tx: Transaction, change: Change) -> Claim:
    """Keeps what became of the claim, and tells of it."""
    await save_changes(tx, [change])
    await tell(tx, change.claim.contract_id, change.facts)
    return change.claim
