"""Use case: a party is given what a settlement rests on, as far as it may see it, to compute it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.kit.database.transaction import Transaction
from settlement_service.domain.agreement.audience import Audience, may_have_inputs, scopes_before, scopes_of
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.hashes import Tree, over
from settlement_service.domain.facts.log import Input
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.recomputation import FORMAT, Given, Rest, rest_of
from settlement_service.storage import inputs, statements
from settlement_service.storage.contracts import own_question
from settlement_service.storage.unseen_items import taken_by_unseen
from settlement_service.usecases.get_settlement import get_for_items


@dataclass(frozen=True, slots=True)
class Opened:
    """The head of the inputs, and what is needed to read them page by page. `scopes` are those that the party is given,
    each up to a day or (None) to the end; None for all inputs. `tree` proves a part of them."""

    given: Given
    scopes: Mapping[str, date | None] | None
    tree: Tree | None


async def get_inputs(tx: Transaction, settlement_id: UUID) -> Opened:
    """The inputs of a settlement for the caller's organisation. Errors: `not-found`; `role-not-allowed` for who may not
    see single outcomes, or may not read the terms that they are computed by."""
    settlement, contract, audience = await get_for_items(tx, settlement_id)
    if not may_have_inputs(contract.history.all_versions, audience):
        raise RoleNotAllowed("Inputs are for who sees items and may read the terms that they are computed by.")
    if audience.sees_everything:
        return Opened(await _given(tx, settlement, contract.terms, audience, None, None), None, None)
    async with own_question(tx):
        leaves = await inputs.leaves(tx, contract.id, settlement.inputs or 0)
        terms = contract.history.at_end(settlement.period.end)
        taken = await taken_by_unseen(tx, terms, settlement, audience)
    rest = tuple(rest_of(group, minor) for group, minor in sorted(taken.items()) if minor)
    tree = Tree(contract.terms.root, leaves)
    given = await _given(tx, settlement, contract.terms, audience, tree, rest)
    scopes = {**dict.fromkeys(scopes_of(contract.history.all_versions, audience)), **scopes_before(audience)}
    return Opened(given, scopes, tree)


async def page_of_inputs(tx: Transaction, opened: Opened, after: int, limit: int) -> list[Input]:
    """Up to `limit` of the inputs, from the one after position `after` on. What is frozen does not change, so pages
    may be read in transactions of their own."""
    given = opened.given
    return await inputs.page(tx, given.contract_id, given.input_count, after, limit, opened.scopes)


async def _given(
    tx: Transaction,
    settlement: Settlement,
    terms: Terms,
    audience: Audience,
    tree: Tree | None,
    rest: tuple[Rest, ...] | None,
) -> Given:
    shown = await statements.find_projection(tx, settlement.id)
    if shown is None:
        raise NotFound()
    own = (bytes.fromhex(line.sha256) for line in settlement.lines if audience.sees_item(line.rule, line.payee))
    return Given(
        format=FORMAT,
        settlement_id=settlement.id,
        contract_id=settlement.contract_id,
        number=settlement.number,
        kind=settlement.kind,
        period=settlement.period,
        organisation=audience.organisation,
        terms_root=terms.root,
        terms_proof=tuple(node.hex() for node in tree.proof(0)) if tree else None,
        input_count=settlement.inputs or 0,
        inputs_sha256=settlement.inputs_sha256 or "",
        items_sha256=over(own).hex(),
        content_sha256=shown.content_sha256,
        content=shown.content,
        rest=rest,
    )
