"""Use case: a settlement refers to what was worked out as facts arrived; only what it must is looked at again."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.facts.figures import LineKey
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.settling.change import place_of_line
from settlement_service.domain.settling.independent import fits, is_independent, together
from settlement_service.domain.settling.posted_totals import Total
from settlement_service.domain.settling.sealing import sealed
from settlement_service.domain.settling.settle import settle
from settlement_service.domain.settling.sums import Sum, Sums, sums_of
from settlement_service.storage import due, due_sums, settled_items
from settlement_service.storage.due_sums import DueSum
from settlement_service.usecases.gather_basis import gather_of
from settlement_service.usecases.work_out_due import work_out_due

AT_ONCE = 1_000
"""Subjects in one go."""


async def refer_to_due(
    tx: Transaction, contract: Contract, settlement: Settlement, totals: Sequence[Total]
) -> Sums | None:
    """What a settlement of a locked contract comes to, as `settle` says it of all at once; None where
    one subject's due may depend on another's. Its items are those that are due, but for subjects that are looked at
    again by themselves: theirs are kept as its own."""
    if not is_independent(contract.history):
        return None
    while await work_out_due(tx, contract, AT_ONCE):
        pass
    terms = contract.history.newest
    lines = await due_sums.due_by_line(tx, terms, settlement)
    by_period = any(limit.definition.kind == "period" for limit in terms.limits)
    if not fits(terms, totals, await due_sums.due_by_month(tx, settlement) if by_period else _taken(lines)):
        return None
    found = {one.line: one.of_whole for one in lines if one.of_whole.count}
    in_part = any(one.partly for one in lines)
    if in_part:
        found = together(found, await due_sums.due_in_part(tx, terms, settlement))
    if any(one.apart for one in lines):
        found = together(found, await _settle_apart(tx, contract, settlement))
    in_place = sorted(found, key=lambda line: place_of_line(contract.history, line))
    hashes = {line: await due_sums.hash_of_line(tx, settlement, line, in_part=in_part) for line in in_place}
    return Sums(found, {}, (), hashes, await due.posted_inputs(tx, contract.id))


def _taken(lines: Iterable[DueSum]) -> list[Total]:
    return [Total(one.line[0], "", "", "", one.taken_minor, 0) for one in lines]


async def _settle_apart(tx: Transaction, contract: Contract, settlement: Settlement) -> Mapping[LineKey, Sum]:
    """Settles subjects some at a time; none has a say in what another is due."""
    found: dict[LineKey, Sum] = {}
    last: UUID | None = None
    while subjects := await due_sums.some_apart(tx, settlement, last, AT_ONCE):
        changes = settle(await gather_of(tx, contract, subjects), settlement.period.end).changes
        await settled_items.add_items(tx, settlement, sealed(changes))
        await settled_items.set_apart(tx, settlement, subjects)
        found = together(found, sums_of(changes))
        last = subjects[-1]
    return found
