"""Use case: the items behind a line, and why one of them is what it is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.core.money import Money, to_minor
from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.explaining.explanation import explain
from settlement_service.domain.facts.figures import ItemPlace, LineKey
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.settling.change import Change
from settlement_service.storage import settled_items, statements
from settlement_service.usecases.get_settlement import get_for_items


async def list_items(
    tx: Transaction, settlement_id: UUID, number: int, after: ItemPlace | None, limit: int
) -> tuple[Terms, list[Change]]:
    """Up to `limit` items of a line of the statement as the caller is shown it, in their order, from the one after the
    place `after` on. Errors: `not-found`, `role-not-allowed`."""
    settlement, contract, line = await _line(tx, settlement_id, number)
    return contract.terms, await settled_items.page_of_items(tx, settlement, line, after, limit)


async def explain_item(
    tx: Transaction, settlement_id: UUID, number: int, subject_id: UUID, occurrence: str
) -> dict[str, Any]:
    """Why the item of a line about a subject and occurrence is what it is, and who decided it. Errors: `not-found`,
    `role-not-allowed`."""
    settlement, contract, line = await _line(tx, settlement_id, number)
    item = await settled_items.find_item(tx, settlement, line, subject_id, occurrence)
    if item is None:
        raise NotFound()
    history = contract.history
    return explain(history, history.at_end(settlement.period.end), number, item)


async def _line(tx: Transaction, settlement_id: UUID, number: int) -> tuple[Settlement, Contract, LineKey]:
    settlement, contract, audience = await get_for_items(tx, settlement_id)
    shown = await statements.find_projection(tx, settlement_id)
    lines = () if shown is None else shown.content["lines"]
    line: Mapping[str, Any] | None = next((line for line in lines if line["number"] == number), None)
    if line is None:
        raise NotFound()
    if not audience.sees_item(line["rule"], line["payee"]):
        raise RoleNotAllowed("Items are for who pays, reports, verifies, or is paid as the provider.")
    price_minor = to_minor(Money(**line["price"])) if "price" in line else None
    return settlement, contract, (line["rule"], price_minor, line["payee"])
