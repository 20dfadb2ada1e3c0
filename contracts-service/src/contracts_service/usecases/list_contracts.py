"""Use case: the contracts that an organisation is a party of, page by page."""

from collections.abc import Sequence
from uuid import UUID

from contracts_service.domain.contract import Contract
from contracts_service.storage import contracts
from services.kit.database.transaction import Transaction


async def list_contracts(tx: Transaction, after: UUID | None, limit: int) -> Sequence[Contract]:
    """Up to `limit` contracts, the oldest first, from the one after `after` on."""
    return await contracts.list_contracts(tx, after, limit)
