"""Use case: one version of a contract's terms, with the parts that the caller may read."""

from uuid import UUID

from contracts_service.domain.terms import Sealed
from contracts_service.storage import contracts, terms
from services.kit.database.transaction import Transaction


async def get_terms(tx: Transaction, contract_id: UUID, version: int) -> Sealed:
    """The version, for those who are parties of it and of the contract. Errors: `not-found`."""
    await contracts.get_contract(tx, contract_id)
    return await terms.get_terms(tx, contract_id, version)
