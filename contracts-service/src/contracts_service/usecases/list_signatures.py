"""Use case: the signatures on a contract's terms, for its parties."""

from collections.abc import Sequence
from uuid import UUID

from contracts_service.domain.contract import Signature
from contracts_service.storage import contracts, terms
from services.kit.database.transaction import Transaction


async def list_signatures(
    tx: Transaction, contract_id: UUID, after: tuple[int, str], limit: int
) -> Sequence[Signature]:
    """Up to `limit` signatures by version and organisation, from the one after `after` on. Errors: `not-found`."""
    await contracts.get_contract(tx, contract_id)
    return await terms.list_signatures(tx, contract_id, after, limit)
