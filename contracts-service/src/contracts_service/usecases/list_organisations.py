"""Use case: the directory, page by page."""

from collections.abc import Sequence

from contracts_service.domain.organisation import Organisation
from contracts_service.storage import organisations
from services.kit.database.transaction import Transaction


async def list_organisations(tx: Transaction, after: str | None, limit: int) -> Sequence[Organisation]:
    """Up to `limit` entries by id, from the one after `after` on, for every caller."""
    return await organisations.list_organisations(tx, after, limit)
