"""Use case: a payer drafts a contract."""

from contracts_service.domain.agreeing import check_drafter, check_registered, draft
from contracts_service.domain.contract import Contract, Heading
from contracts_service.domain.terms import Offer, seal
from contracts_service.storage.contracts import add_contract
from contracts_service.storage.organisations import find_names
from contracts_service.storage.terms import add_terms
from services.core.terms.model import PARTS
from services.core.terms.signing import SALT_BYTES
from services.kit.database.transaction import Transaction
from services.kit.process import clock


async def draft_contract(tx: Transaction, heading: Heading, offer: Offer) -> Contract:
    """The new contract with version 1 of its terms, a draft. Errors: `terms-not-valid`, `role-not-allowed` unless the
    caller's organisation is a payer, `organisation-not-registered`."""
    contract_id = clock.new_id()
    sealed = seal(contract_id, 1, offer, {name: clock.random_bytes(SALT_BYTES) for name in PARTS}, tx.now)
    names = await find_names(tx, {party.organisation_id for party in offer.agreement.parties})
    check_drafter(offer.agreement, tx.caller.organisation)
    check_registered(offer.agreement, names)
    drafted = draft(contract_id, heading, sealed, names, tx.now)
    await add_contract(tx, drafted)
    await add_terms(tx, contract_id, sealed)
    return drafted
