"""Use case: an organisation changes its entry in the directory."""

from contracts_service.domain.organisation import Organisation, change, check_own
from contracts_service.storage import organisations
from services.events.contracts import Unit
from services.kit.database.transaction import Transaction
from services.kit.doors.http import check_version
from services.kit.facts.outbox import tell


async def change_organisation(
    tx: Transaction, organisation_id: str, name: str, units: tuple[Unit, ...], expected: int
) -> Organisation:
    """The changed entry. Errors: `organisation-not-yours`, `not-found`, `version-stale`, `units-not-valid`."""
    check_own(organisation_id, tx.caller.organisation)
    entry = await organisations.get_organisation(tx, organisation_id, lock=True)
    check_version(entry.revision, expected)
    changed, fact = change(entry, name, units)
    await organisations.save_organisation(tx, changed)
    await tell(tx, changed.id, [fact])
    return changed
