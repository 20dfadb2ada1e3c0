"""Tests: what a settlement changes, from what is new and from everything there is."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from settlement_service.domain.settling.settle import Settled, settle
from settlement_service.storage import claims, contracts, opened
from settlement_service.usecases.gather_basis import gather_basis, gather_new

from .conftest import Settling


async def both_ways(settling: Settling, contract_id: UUID, end: date) -> tuple[Settled, Settled, int]:
    """What a settlement changes, from what is new and from everything there is; and how many subjects the former looked
    at."""
    async with settling.as_worker() as tx:
        contract = await contracts.get_contract(tx, contract_id)
        new = await gather_new(tx, contract, end, await opened.posted_totals(tx, contract_id))
        known = {claim.id: claim for claim in await claims.of_contract(tx, contract_id)}
        everything = replace(await gather_basis(tx, contract), claims=known)
    return settle(new, end), settle(everything, end), len({item.key.subject_id for item in new.items})
