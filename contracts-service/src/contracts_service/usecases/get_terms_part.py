"""Use case: the signed bytes of one part of the terms."""

from uuid import UUID

from contracts_service.domain.terms import Part, part_of
from contracts_service.storage import contracts, terms
from services.kit.database.transaction import Transaction


async def get_terms_part(tx: Transaction, contract_id: UUID, version: int, name: str) -> Part:
    """The part, for those whom the terms let read it. Errors: `not-found`, `role-not-allowed`."""
    await contracts.get_contract(tx, contract_id)
    return part_of(await terms.get_terms(tx, contract_id, version), name)
