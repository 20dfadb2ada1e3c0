"""Use case: an organisation enters the directory."""

from contracts_service.domain.organisation import Organisation, register
from contracts_service.storage.organisations import add_organisation
from services.events.contracts import Unit
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell


async def register_organisation(
    tx: Transaction, organisation_id: str, name: str, units: tuple[Unit, ...]
) -> Organisation:
    """The new entry. Errors: those of `register`; `organisation-already-registered`."""
    entry, fact = register(organisation_id, name, units, by=tx.caller.organisation, now=tx.now)
    await add_organisation(tx, entry)
    await tell(tx, entry.id, [fact])
    return entry
