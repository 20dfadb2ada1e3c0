"""Use case: whether a contract is known and who is a party of it, for the other services."""

from uuid import UUID

from contracts_service.domain.contract import PartyStatus
from contracts_service.storage import contracts
from services.kit.database.transaction import Transaction


async def get_party_status(tx: Transaction, contract_id: UUID) -> PartyStatus:
    """Its parties and its state. Errors: `not-found`."""
    return await contracts.get_party_status(tx, contract_id)
