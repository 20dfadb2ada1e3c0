"""Use case: claims that nobody has decided in time are accepted, or go on to who decides disputes."""

from uuid import UUID

from outcomes_service.domain.waiting import end_wait
from outcomes_service.storage.contracts import lock_any_contract
from outcomes_service.storage.waiting import find_contracts_with_overdue, find_overdue, save_ended
from services.kit.database import audit
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell

MOST_CONTRACTS = 100
MOST_CLAIMS = 500


async def find_overdue_contracts(tx: Transaction, after: UUID | None) -> list[UUID]:
    """Contracts on which claims have waited too long, by id: MOST_CONTRACTS at the most, from the one after `after`
    on."""
    return await find_contracts_with_overdue(tx, after, MOST_CONTRACTS)


async def end_waits(tx: Transaction, contract_id: UUID) -> int:
    """Ends the waits of claims on one contract that are overdue, MOST_CLAIMS at the most; says how many. With the
    contract locked, a decision came before it, or comes after it and finds what became of the claim."""
    contract = await lock_any_contract(tx, contract_id)
    waiting = await find_overdue(tx, contract_id, MOST_CLAIMS)
    ended = [wait for wait in (end_wait(contract, claim, tx.now) for claim in waiting) if wait is not None]
    if ended:
        await save_ended(tx, ended)
        await tell(tx, contract_id, [wait.fact for wait in ended])
        await audit.note_each(tx, [(wait.command, f"/v1/claims/{wait.claim_id}") for wait in ended], "done")
    return len(ended)
