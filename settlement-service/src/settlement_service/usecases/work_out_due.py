"""Use case: what is due to subjects is worked out as facts arrive, so that a settlement need not."""

from datetime import date
from uuid import UUID

from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.settling.independent import due_lines
from settlement_service.domain.settling.sealing import sealed
from settlement_service.domain.settling.settle import settle
from settlement_service.storage import contracts, due
from settlement_service.usecases.gather_basis import gather_of

AT_ONCE = 100
"""Subjects in one transaction beside the facts that come in: they wait for it."""


async def find_changed_contracts(tx: Transaction) -> list[UUID]:
    """Contracts with subjects of whom something has come since what is due was worked out."""
    return await due.contracts_with_changes(tx)


async def work_out_some(tx: Transaction, contract_id: UUID) -> bool:
    """Works out what is due to some of those subjects; says whether there are more."""
    contract = await contracts.get_contract(tx, contract_id, lock=True)
    return await work_out_due(tx, contract, AT_ONCE) == AT_ONCE


async def work_out_due(tx: Transaction, contract: Contract, most: int) -> int:
    """Works out what is due to up to `most` subjects of a locked contract, whatever day it is due for. Returns to how
    many."""
    subjects = await due.changed_subjects(tx, contract.id, most)
    if subjects:
        items = sealed(settle(await gather_of(tx, contract, subjects), date.max).changes)
        await due.replace_due(tx, contract.id, subjects, items, due_lines(contract.history, items))
    return len(subjects)
