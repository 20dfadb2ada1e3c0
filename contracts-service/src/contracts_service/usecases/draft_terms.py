"""Use case: a payer writes the terms of a contract anew, or an amendment of those in effect."""

from collections.abc import Mapping
from uuid import UUID

from contracts_service.domain.agreeing import check_drafter, check_registered, reopen, with_terms
from contracts_service.domain.amendment import check_amendment
from contracts_service.domain.contract import Contract
from contracts_service.domain.terms import Offer, Sealed, seal
from contracts_service.storage.contracts import get_contract, save_contract
from contracts_service.storage.organisations import find_names
from contracts_service.storage.terms import add_terms, list_agreements, save_terms_state
from services.core.terms.model import PARTS
from services.core.terms.signing import SALT_BYTES
from services.kit.database.transaction import Transaction
from services.kit.doors.http import check_version
from services.kit.process import clock


async def draft_terms(tx: Transaction, contract_id: UUID, offer: Offer, expected: int) -> Contract:
    """The contract with the next version of its terms, a draft; a version that was under way is replaced. What is in
    effect stays so, and the draft is an amendment of it. Errors: `not-found`, `version-stale`, `role-not-allowed`,
    `contract-not-in-state`, `terms-not-in-state`, `terms-not-valid`, `organisation-not-registered`."""
    contract = await get_contract(tx, contract_id, lock=True)
    check_version(contract.revision, expected)
    reopened = reopen(contract, tx.caller.organisation)
    sealed = _sealed(contract, offer, tx)
    names = await _checked(tx, contract, offer)
    redrafted = with_terms(reopened, sealed, names)
    await save_terms_state(tx, contract_id, reopened.newest.terms)
    await add_terms(tx, contract_id, sealed)
    await save_contract(tx, redrafted)
    return redrafted


def _sealed(contract: Contract, offer: Offer, tx: Transaction) -> Sealed:
    salts = {name: clock.random_bytes(SALT_BYTES) for name in PARTS}
    amended = None if contract.amended is None else contract.amended.terms.root_document
    return seal(contract.id, contract.newest.terms.version + 1, offer, salts, tx.now, amended)


async def _checked(tx: Transaction, contract: Contract, offer: Offer) -> Mapping[str, str]:
    """The names of all who find the contract with these terms, which it may have."""
    if contract.began_on is None:
        check_drafter(offer.agreement, tx.caller.organisation)
    else:
        check_amendment(offer.agreement, await list_agreements(tx, contract.id), contract.began_on)
    names = await find_names(tx, {*contract.members, *(party.organisation_id for party in offer.agreement.parties)})
    check_registered(offer.agreement, names)
    return names
