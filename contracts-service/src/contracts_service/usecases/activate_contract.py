"""Use case: a payer puts a signed contract into force."""

from uuid import UUID

from contracts_service.domain.contract import Contract, activate, activated
from contracts_service.storage.contracts import get_contract, save_contract
from contracts_service.storage.terms import get_agreement
from services.kit.http import check_version
from services.kit.outbox import tell
from services.kit.transaction import Transaction


async def activate_contract(tx: Transaction, contract_id: UUID, expected: int) -> Contract:
    """The active contract. Errors: `not-found`, `version-stale`, `role-not-allowed`, `contract-not-in-state`."""
    contract = await get_contract(tx, contract_id, lock=True)
    check_version(contract.revision, expected)
    active = activate(contract, tx.caller.organisation)
    agreement = await get_agreement(tx, contract_id, active.terms.version)
    await save_contract(tx, active)
    await tell(tx, contract_id, activated(active, agreement))
    return active
