"""Use case: the ledger, as far as it concerns the reader."""

from uuid import UUID

from services.kit.database.transaction import Transaction
from settlement_service.domain.ledger.postings import Entry
from settlement_service.storage import contracts, ledger


async def list_entries(tx: Transaction, contract_id: UUID | None, after: UUID | None, limit: int) -> list[Entry]:
    """Up to `limit` entries, the oldest first, from the one after `after` on; of one contract, or of all that the
    caller is a party of. Errors: `not-found` for a contract that it is no party of."""
    if contract_id is not None:
        await contracts.get_contract(tx, contract_id)
    return await ledger.list_entries(tx, contract_id, after, limit)
