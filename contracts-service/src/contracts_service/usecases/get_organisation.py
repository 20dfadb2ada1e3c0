"""Use case: one entry of the directory."""

from contracts_service.domain.organisation import Organisation
from contracts_service.storage import organisations
from services.kit.database.transaction import Transaction


async def get_organisation(tx: Transaction, organisation_id: str) -> Organisation:
    """The entry, for every caller. Errors: `not-found`."""
    return await organisations.get_organisation(tx, organisation_id)
