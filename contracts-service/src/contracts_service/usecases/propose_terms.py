"""Use case: a payer offers the newest terms to every party."""

from uuid import UUID

from contracts_service.domain.agreeing import propose
from contracts_service.domain.contract import Contract
from contracts_service.storage.contracts import get_contract, save_contract
from services.kit.database.transaction import Transaction
from services.kit.doors.http import check_version
from services.kit.facts.outbox import tell


async def propose_terms(tx: Transaction, contract_id: UUID, expected: int) -> Contract:
    """The contract with its newest terms proposed. Errors: `not-found`, `version-stale`, `role-not-allowed`,
    `contract-not-in-state`, `terms-not-in-state`."""
    contract = await get_contract(tx, contract_id, lock=True)
    check_version(contract.revision, expected)
    proposed, facts = propose(contract, tx.caller.organisation)
    await save_contract(tx, proposed)
    await tell(tx, contract_id, facts)
    return proposed
