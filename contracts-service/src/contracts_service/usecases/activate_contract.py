"""Use case: a payer puts into effect what all have signed: first terms, or an amendment."""

from uuid import UUID

from contracts_service.domain.agreeing import activate, activated
from contracts_service.domain.contract import Contract
from contracts_service.storage.contracts import get_contract, save_contract
from contracts_service.storage.terms import get_agreement
from services.kit.database.transaction import Transaction
from services.kit.doors.http import check_version
from services.kit.facts.outbox import tell


async def activate_contract(tx: Transaction, contract_id: UUID, expected: int) -> Contract:
    """The contract in force, by these terms. Errors: `not-found`, `version-stale`, `role-not-allowed`,
    `contract-not-in-state`, `terms-not-in-state`."""
    contract = await get_contract(tx, contract_id, lock=True)
    check_version(contract.revision, expected)
    active = activate(contract, tx.caller.organisation)
    agreement = await get_agreement(tx, contract_id, active.newest.terms.version)
    await save_contract(tx, active)
    await tell(tx, contract_id, activated(contract, active, agreement))
    return active
