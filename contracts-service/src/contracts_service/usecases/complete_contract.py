"""Use case: a payer says that a contract ended as agreed."""

from uuid import UUID

from contracts_service.domain.contract import Contract
from contracts_service.domain.running import complete
from contracts_service.storage.contracts import get_contract, save_contract
from services.kit.database.transaction import Transaction
from services.kit.doors.http import check_version
from services.kit.facts.outbox import tell


async def complete_contract(tx: Transaction, contract_id: UUID, expected: int) -> Contract:
    """The completed contract. Errors: `not-found`, `version-stale`, `role-not-allowed`, `contract-not-in-state`,
    `completion-too-early`."""
    contract = await get_contract(tx, contract_id, lock=True)
    check_version(contract.revision, expected)
    completed, facts = complete(contract, tx.caller.organisation, tx.now)
    await save_contract(tx, completed)
    await tell(tx, contract_id, facts)
    return completed
