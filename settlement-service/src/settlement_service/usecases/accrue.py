"""Use case: what single subjects are due is kept as their facts arrive, so that a settlement only adds it up."""

from datetime import date
from uuid import UUID

from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.settling.accruals import accruals_of
from settlement_service.domain.settling.sealing import sealed
from settlement_service.domain.settling.settle import settle
from settlement_service.storage import accruals, contracts
from settlement_service.usecases.gather_basis import gather_of

AT_ONCE = 100
"""Subjects in one transaction. It holds the contract's lock, and facts on the contract wait for it."""


async def find_changed_contracts(tx: Transaction) -> list[UUID]:
    """Contracts with subjects of whom something has come since what they have accrued was kept."""
    return await accruals.contracts_with_changes(tx)


async def accrue_some(tx: Transaction, contract_id: UUID) -> bool:
    """Keeps what some of those subjects have accrued; returns whether there may be more. Errors: `not-found`."""
    contract = await contracts.get_contract(tx, contract_id, lock=True)
    return await accrue(tx, contract, AT_ONCE) == AT_ONCE


async def accrue(tx: Transaction, contract: Contract, most: int) -> int:
    """Keeps what up to `most` subjects of a locked contract have accrued, whatever day it is due for. Returns how many
    subjects these were."""
    subjects = await accruals.changed_subjects(tx, contract.id, most)
    if subjects:
        items = sealed(settle(await gather_of(tx, contract, subjects), date.max).changes)
        await accruals.replace_accruals(tx, contract.id, subjects, items, accruals_of(contract.history, items))
    return len(subjects)
