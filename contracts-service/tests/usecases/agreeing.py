"""Tests: contracts brought to a state by the use cases themselves."""

from typing import Any
from uuid import UUID

from contracts_service.domain.contract import Contract, Heading
from contracts_service.usecases.activate_contract import activate_contract
from contracts_service.usecases.draft_contract import draft_contract
from contracts_service.usecases.draft_terms import draft_terms
from contracts_service.usecases.get_contract import get_contract
from contracts_service.usecases.propose_terms import propose_terms
from contracts_service.usecases.sign_contract import sign_contract

from ..builders import PARTIES, PAYER, an_offer
from ..conftest import Registry


async def drafted(registry: Registry, document: dict[str, Any] | None = None) -> Contract:
    """A draft."""
    return await registry.as_(PAYER, lambda tx: draft_contract(tx, Heading("Into work"), an_offer(document)))


async def proposed(registry: Registry, document: dict[str, Any] | None = None) -> Contract:
    """A contract that is offered to its parties."""
    contract = await drafted(registry, document)
    return await registry.as_(PAYER, lambda tx: propose_terms(tx, contract.id, contract.revision))


async def signed(registry: Registry, document: dict[str, Any] | None = None) -> Contract:
    """A contract that every party has signed."""
    contract = await proposed(registry, document)
    for organisation in PARTIES:
        contract = await sign(registry, contract, organisation)
    return contract


async def active(registry: Registry, document: dict[str, Any] | None = None) -> Contract:
    """A contract in force."""
    contract = await signed(registry, document)
    return await registry.as_(PAYER, lambda tx: activate_contract(tx, contract.id, contract.revision))


async def sign(registry: Registry, contract: Contract, organisation: str) -> Contract:
    """One party signs what it sees."""
    return await registry.as_(
        organisation,
        lambda tx: sign_contract(
            tx, contract.id, contract.newest.terms.version, contract.newest.terms.root, None, contract.revision
        ),
    )


async def seen(registry: Registry, contract_id: UUID, organisation: str = PAYER) -> Contract:
    """The contract as it stands in the database."""
    return await registry.as_(organisation, lambda tx: get_contract(tx, contract_id))


async def amending(registry: Registry, contract: Contract, document: dict[str, Any]) -> Contract:
    """A contract in force with an amendment that is offered."""
    before = contract.revision
    drafted = await registry.as_(PAYER, lambda tx: draft_terms(tx, contract.id, an_offer(document), before))
    return await registry.as_(PAYER, lambda tx: propose_terms(tx, contract.id, drafted.revision))


async def amended(registry: Registry, contract: Contract, document: dict[str, Any]) -> Contract:
    """A contract in force of which every party, old and new, has agreed to an amendment, in effect."""
    contract = await amending(registry, contract, document)
    for organisation in contract.newest.terms.signatories:
        contract = await sign(registry, contract, organisation)
    return await registry.as_(PAYER, lambda tx: activate_contract(tx, contract.id, contract.revision))
