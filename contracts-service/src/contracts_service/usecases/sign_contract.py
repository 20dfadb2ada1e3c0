"""Use case: a party signs the root of the terms that are offered."""

from uuid import UUID

from contracts_service.domain.agreeing import sign
from contracts_service.domain.contract import Contract, Signature
from contracts_service.storage.contracts import get_contract, save_contract
from contracts_service.storage.terms import add_signature
from services.kit.database.transaction import Transaction
from services.kit.doors.http import check_version
from services.kit.facts.outbox import tell


async def sign_contract(
    tx: Transaction, contract_id: UUID, version: int, root: str, jws: str | None, expected: int
) -> Contract:
    """The contract with the caller's signature; its newest terms are signed, if it was the last one. Errors:
    `not-found`, `version-stale`, `terms-version-stale`, `already-signed`, `role-not-allowed`,
    `contract-not-in-state`, `terms-not-in-state`."""
    contract = await get_contract(tx, contract_id, lock=True)
    check_version(contract.revision, expected)
    given = Signature(
        version=version,
        root=root,
        organisation_id=tx.caller.organisation,
        issuer=tx.caller.issuer,
        subject=tx.caller.subject,
        actor=tx.caller.actor,
        signed_at=tx.now,
        jws=jws,
    )
    signed, facts = sign(contract, given)
    await add_signature(tx, contract_id, given)
    await save_contract(tx, signed)
    await tell(tx, contract_id, facts)
    return signed
