"""Use case: one contract, for its parties."""

from uuid import UUID

from contracts_service.domain.contract import Contract
from contracts_service.storage import contracts
from services.kit.database.transaction import Transaction


async def get_contract(tx: Transaction, contract_id: UUID) -> Contract:
    """The contract. Errors: `not-found`, also for who is no party of it."""
    return await contracts.get_contract(tx, contract_id)
