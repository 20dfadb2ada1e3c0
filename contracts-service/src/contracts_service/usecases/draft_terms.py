"""Use case: a payer writes the terms of a contract anew."""

from uuid import UUID

from contracts_service.domain.contract import Contract, check_drafter, reopen, with_terms
from contracts_service.domain.terms import Offer, seal
from contracts_service.storage.contracts import get_contract, save_contract
from contracts_service.storage.organisations import find_names
from contracts_service.storage.terms import add_terms, save_terms_state
from services.core.terms.model import PARTS
from services.core.terms.signing import SALT_BYTES
from services.kit import clock
from services.kit.http import check_version
from services.kit.transaction import Transaction


async def draft_terms(tx: Transaction, contract_id: UUID, offer: Offer, expected: int) -> Contract:
    """The contract, a draft again, with the next version of its terms; the version before is replaced. Errors:
    `not-found`, `version-stale`, `role-not-allowed`, `contract-not-in-state`, `terms-not-valid`,
    `organisation-not-registered`."""
    contract = await get_contract(tx, contract_id, lock=True)
    check_version(contract.revision, expected)
    reopened = reopen(contract, tx.caller.organisation)
    salts = {name: clock.random_bytes(SALT_BYTES) for name in PARTS}
    sealed = seal(contract_id, contract.terms.version + 1, offer, salts, tx.now)
    names = await find_names(tx, {party.organisation_id for party in offer.agreement.parties})
    check_drafter(offer.agreement, tx.caller.organisation, names)
    redrafted = with_terms(reopened, sealed, names)
    await save_terms_state(tx, contract_id, reopened.terms)
    await add_terms(tx, contract_id, sealed)
    await save_contract(tx, redrafted)
    return redrafted
