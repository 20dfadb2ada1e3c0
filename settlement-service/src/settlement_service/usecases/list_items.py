"""Use case: the items behind a line, and why one of them is what it is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.core.money import Money, to_minor
from services.kit.transaction import Transaction
from settlement_service.domain.difference import NumberedItem
from settlement_service.domain.explanation import explain
from settlement_service.domain.terms import Terms
from settlement_service.storage import statements
from settlement_service.usecases.get_settlement import get_for_items


async def list_items(
    tx: Transaction, settlement_id: UUID, line: int, after: int, limit: int
) -> tuple[Terms, list[NumberedItem]]:
    """Up to `limit` items of a line of the statement as the caller is shown it, from the one after number `after`
    on. Errors: `not-found`, `role-not-allowed`."""
    _, contract, audience = await get_for_items(tx, settlement_id)
    shown = await statements.find_projection(tx, settlement_id)
    lines = () if shown is None else shown.content["lines"]
    found: Mapping[str, Any] | None = next((one for one in lines if one["number"] == line), None)
    if found is None:
        raise NotFound()
    if not audience.sees_item(found["rule"], found["payee"]):
        raise RoleNotAllowed("Items are for who pays, reports, verifies, or is paid as the provider.")
    price = to_minor(Money(**found["price"])) if "price" in found else None
    shown_line = (found["rule"], price, found["payee"])
    items = await statements.page_of_items(tx, settlement_id, audience, shown_line, after, limit)
    return contract.terms, items


async def explain_item(tx: Transaction, settlement_id: UUID, number: int) -> dict[str, Any]:
    """Why an item is what it is, and who decided it. Errors: `not-found`, `role-not-allowed`."""
    settlement, contract, audience = await get_for_items(tx, settlement_id)
    item = await statements.find_item(tx, settlement_id, audience, number)
    if item is None:
        raise NotFound()
    history = contract.history
    return explain(history, history.at_end(settlement.period.end), item.number, item.change)
