"""Use case: the versions of a contract's terms, for its parties."""

from collections.abc import Sequence
from uuid import UUID

from contracts_service.domain.terms import TermsVersion
from contracts_service.storage import contracts, terms
from services.kit.database.transaction import Transaction


async def list_terms(tx: Transaction, contract_id: UUID, after: int, limit: int) -> Sequence[TermsVersion]:
    """Up to `limit` versions above `after`: those that the caller is a party of. Errors: `not-found`."""
    await contracts.get_contract(tx, contract_id)
    return await terms.list_terms(tx, contract_id, after, limit)
