"""Use case: a settlement adds up what subjects have accrued; only what it must is looked at again."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.facts.figures import LineKey
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.settling.accruals import accrues, fits_under_shared_caps, merge_sums
from settlement_service.domain.settling.change import place_of_line
from settlement_service.domain.settling.posted_totals import Total
from settlement_service.domain.settling.sealing import sealed
from settlement_service.domain.settling.settle import settle
from settlement_service.domain.settling.sums import Sum, Sums, sums_of
from settlement_service.storage import accrual_sums, accruals, settled_items
from settlement_service.storage.accrual_sums import AccrualSum
from settlement_service.usecases.accrue import accrue
from settlement_service.usecases.gather_basis import gather_of

AT_ONCE = 1_000
"""Subjects in one go."""


async def settle_from_accruals(
    tx: Transaction, contract: Contract, settlement: Settlement, totals: Sequence[Total]
) -> Sums | None:
    """The sums of a settlement of a locked contract, the same as `settle` gives over all subjects at once; None where
    what one subject is due may depend on another. Its items are those that have accrued. Only subjects that are settled
    individually are looked at again, and their items are kept as its own."""
    if not accrues(contract.history):
        return None
    while await accrue(tx, contract, AT_ONCE):
        pass
    terms = contract.history.newest
    lines = await accrual_sums.accrued_by_line(tx, terms, settlement)
    by_period = any(limit.definition.kind == "period" for limit in terms.limits)
    accrued = await accrual_sums.accrued_by_month(tx, settlement) if by_period else _taken(lines)
    if not fits_under_shared_caps(terms, totals, accrued):
        return None
    sums = {each.line: each.in_whole for each in lines if each.in_whole.subject_count}
    in_part = any(each.in_part for each in lines)
    if in_part:
        sums = merge_sums(sums, await accrual_sums.accrued_in_part(tx, terms, settlement))
    if any(each.individually for each in lines):
        sums = merge_sums(sums, await _settle_individually(tx, contract, settlement))
    in_place = sorted(sums, key=lambda line: place_of_line(contract.history, line))
    hashes = {line: await accrual_sums.hash_of_line(tx, settlement, line, in_part=in_part) for line in in_place}
    return Sums(sums, {}, (), hashes, await accruals.posted_inputs(tx, contract.id))


def _taken(lines: Iterable[AccrualSum]) -> list[Total]:
    return [Total(each.line[0], "", "", "", each.taken_minor, 0) for each in lines]


async def _settle_individually(tx: Transaction, contract: Contract, settlement: Settlement) -> Mapping[LineKey, Sum]:
    """Settles subjects some at a time: what one is due does not depend on another."""
    sums: dict[LineKey, Sum] = {}
    last: UUID | None = None
    while subjects := await accrual_sums.some_individually(tx, settlement, last, AT_ONCE):
        changes = settle(await gather_of(tx, contract, subjects), settlement.period.end).changes
        await settled_items.add_items(tx, settlement, sealed(changes))
        await settled_items.add_individually(tx, settlement, subjects)
        sums = merge_sums(sums, sums_of(changes))
        last = subjects[-1]
    return sums
