"""Use case: a payer ends a contract early."""

from datetime import date
from uuid import UUID

from contracts_service.domain.contract import Contract
from contracts_service.domain.running import terminate
from contracts_service.storage.contracts import get_contract, save_contract
from services.kit.database.transaction import Transaction
from services.kit.doors.http import check_version
from services.kit.facts.outbox import tell


async def terminate_contract(tx: Transaction, contract_id: UUID, terminated_on: date, expected: int) -> Contract:
    """The terminated contract. Errors: `not-found`, `version-stale`, `role-not-allowed`, `contract-not-in-state`,
    `termination-date-not-allowed`."""
    contract = await get_contract(tx, contract_id, lock=True)
    check_version(contract.revision, expected)
    terminated, facts = terminate(contract, tx.caller.organisation, terminated_on)
    await save_contract(tx, terminated)
    await tell(tx, contract_id, facts)
    return terminated
