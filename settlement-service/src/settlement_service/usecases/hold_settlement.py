"""Use case: the beginning of every command on a settlement: who the caller is, the lock, the version."""

from uuid import UUID

from services.core.access import RoleNotAllowed, require_role
from services.core.terms.parties import Party
from services.kit.database.transaction import Transaction
from services.kit.doors.http import check_version
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.ledger.lifecycle import Person, Settlement
from settlement_service.storage import contracts, settlements


async def hold_settlement(
    tx: Transaction, settlement_id: UUID, expected: int, *, ever: bool = False
) -> tuple[Contract, Settlement]:
    """The settlement and its contract, locked, for a payer who read revision `expected`; with `ever` also for one
    that left by an amendment. While it is open, its revisions differ in what it waits for alone, and follow each other
    faster than anybody decides: any of them is taken. Errors: `not-found`, `role-not-allowed`, `version-stale`."""
    unlocked = await settlements.get_settlement(tx, settlement_id)
    require_payer(tx, await contracts.get_contract(tx, unlocked.contract_id), ever=ever)
    # The contract first, then the settlement: whoever changes either takes the locks in this order, so that no two wait
    # for each other. Both are read again under them.
    contract = await contracts.get_contract(tx, unlocked.contract_id, lock=True)
    settlement = await settlements.get_settlement(tx, settlement_id, lock=True)
    if settlement.state != "open" or not 1 <= expected < settlement.revision:
        check_version(settlement.revision, expected)
    return contract, settlement


def require_payer(tx: Transaction, contract: Contract, *, ever: bool = False) -> None:
    """Errors: `role-not-allowed` for a party that is no payer, or with `ever` was never one; `not-found` for who is no
    party."""
    organisation = tx.caller.organisation
    role = contract.history.all_versions.role_of(organisation)
    if role == "payer" and not ever and organisation not in contract.terms.payers():
        raise RoleNotAllowed("This is for a payer of the terms in effect.")
    require_role(None if role is None else Party(organisation_id=organisation, role=role), ["payer"])


def person_of(tx: Transaction) -> Person:
    """The caller, as a person of the ledger."""
    return Person(tx.caller.issuer, tx.caller.subject, tx.caller.organisation, tx.caller.actor)
