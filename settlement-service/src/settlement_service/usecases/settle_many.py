"""Use case: a settlement of very many subjects, in parts: as sets where all is due in full, else some at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.kit.transaction import Transaction
from settlement_service.domain.contract import Contract
from settlement_service.domain.counting import FEWEST
from settlement_service.domain.difference import settle
from settlement_service.domain.independent import (
    Payable,
    Template,
    fits,
    is_plain,
    most_of_person,
    sums_of_shapes,
    template_of,
    together,
)
from settlement_service.domain.lifecycle import Settlement
from settlement_service.domain.posted_totals import Total
from settlement_service.domain.statement import LineKey, Sum, sums_of
from settlement_service.storage import bulk_items
from settlement_service.usecases.gather_basis import gather_of

MANY = 2_000
"""Open subjects from which on it is worth the statements that it takes."""
AT_ONCE = 1_000
"""Subjects looked at together of those that are looked at one by one."""
MOST_SHAPES = 20_000
"""Kinds of items, and months, that are told apart; where there are more, everything is looked at one by one."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a settlement comes to, its items kept: by line, and `itemsSha256`."""

    by_line: Mapping[LineKey, Sum]
    items_sha256: str


async def settle_many(
    tx: Transaction, contract: Contract, settlement: Settlement, totals: Sequence[Total], *, many: int = MANY
) -> Sums | None:
    """Keeps the items of a settlement as `domain.difference.settle` says them, and what they come to; None when they
    are few, or one subject's may depend on another's: then nothing was kept."""
    ends = settlement.period.end
    if not is_plain(contract.history) or not await bulk_items.are_open(tx, contract.id, many):
        return None
    await bulk_items.set_apart(tx, contract.id, ends, most_of_person(contract.history.newest))
    payable = await bulk_items.payable(tx, contract.id, ends, MOST_SHAPES)
    if len(payable) == MOST_SHAPES or not fits(contract.history.newest, totals, payable):
        await bulk_items.forget_apart(tx, contract.id)
        return None
    shapes = dict.fromkeys(one.shape for one in payable if not one.apart)
    templates = [template_of(contract.history, shape) for shape in shapes]
    in_full = await _due_in_full(tx, contract, ends, payable, templates)
    one_by_one = await _set_apart(tx, contract, settlement)
    items_sha256 = await bulk_items.add_all(tx, contract.history, settlement, templates)
    await bulk_items.forget_apart(tx, contract.id)
    return Sums(together(in_full, one_by_one), items_sha256)


async def _due_in_full(
    tx: Transaction, contract: Contract, ends: date, payable: Sequence[Payable], templates: Sequence[Template]
) -> Mapping[LineKey, Sum]:
    people = await bulk_items.people(tx, contract.id, ends, FEWEST)
    return sums_of_shapes(contract.history, payable, templates, people)


async def _set_apart(tx: Transaction, contract: Contract, settlement: Settlement) -> Mapping[LineKey, Sum]:
    """Settles subjects some at a time; none has a say in what another is due."""
    found: dict[LineKey, Sum] = {}
    last: UUID | None = None
    kept = 0
    while subjects := await bulk_items.some_apart(tx, contract.id, last, AT_ONCE):
        changes = settle(await gather_of(tx, contract, subjects), settlement.period.end).changes
        await bulk_items.add_apart(tx, contract.history, settlement, changes, kept)
        kept += len(changes)
        found = together(found, sums_of(changes))
        last = subjects[-1]
    return found
