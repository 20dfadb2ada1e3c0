"""Use case: a payer suspends a contract in force: settlement and payment wait."""

from uuid import UUID

from contracts_service.domain.contract import Contract
from contracts_service.domain.running import suspend
from contracts_service.storage.contracts import get_contract, save_contract
from services.kit.database.transaction import Transaction
from services.kit.doors.http import check_version
from services.kit.facts.outbox import tell


async def suspend_contract(tx: Transaction, contract_id: UUID, expected: int) -> Contract:
    """The suspended contract. Errors: `not-found`, `version-stale`, `role-not-allowed`, `contract-not-in-state`."""
    contract = await get_contract(tx, contract_id, lock=True)
    check_version(contract.revision, expected)
    suspended, facts = suspend(contract, tx.caller.organisation)
    await save_contract(tx, suspended)
    await tell(tx, contract_id, facts)
    return suspended
