"""Use case: an approved settlement becomes an entry of the ledger, and an input of those that come after it."""

from dataclasses import replace
from datetime import timedelta

from services.core.money import from_minor
from services.core.period import local_date
from services.events.settlements import Posting, SettlementPosted
from services.kit import clock, shapes
from services.kit.outbox import tell
from services.kit.transaction import Transaction
from settlement_service.domain.audience import paid_scope
from settlement_service.domain.calendar import last_day_before
from settlement_service.domain.contract import Contract
from settlement_service.domain.inputs import ITEMS_POSTED, MOST_ITEMS, OWN_SOURCE, ItemsPosted, body_of, body_with
from settlement_service.domain.lifecycle import Settlement, check_move
from settlement_service.domain.postings import Entry, Side, approval_entry
from settlement_service.storage import inputs, items, ledger, settlements, statements
from settlement_service.storage.posted_parts import posted_parts


async def post_settlement(tx: Transaction, contract: Contract, settlement: Settlement) -> Settlement:
    """The posted settlement of a locked contract. A total of zero posts nothing, and is posted all the same."""
    check_move(settlement.state, "settlement.posted")
    terms, shares = contract.terms, await statements.shares_of(tx, settlement.id)
    document_on = local_date(tx.now, terms.time_zone)
    entry = Entry(
        id=clock.new_id(),
        contract_id=contract.id,
        settlement_id=settlement.id,
        kind="approval",
        currency=terms.currency,
        document_on=document_on,
        accounting_on=last_day_before(settlement.period.end),
        value_on=document_on + timedelta(days=terms.due_days),
        recorded_at=tx.now,
        sides=approval_entry(shares),
    )
    posted = replace(
        settlement,
        state="posted",
        posted_at=tx.now,
        document_on=entry.document_on,
        accounting_on=entry.accounting_on,
        value_on=entry.value_on,
    )
    await ledger.add_entry(tx, entry)
    await settlements.save_state(tx, posted)
    await items.post_items(tx, posted)
    sequence = await tell(tx, contract.id, [_fact(posted, entry, sum(shares.values()))])
    await _append(tx, contract, posted, sequence)
    return posted


async def _append(tx: Transaction, contract: Contract, posted: Settlement, sequence: int) -> None:
    """What was posted is what later settlements rest on: it stands in the log like a fact of any other service, in
    parts, of which only one is held at a time."""
    part = 0
    async for some in posted_parts(tx, posted, MOST_ITEMS):
        new = []
        for one in some:
            empty = ItemsPosted(
                contract_id=contract.id,
                settlement=posted.number,
                period_end=posted.period.end,
                rule=one.rule,
                items=(),
            )
            body = body_with(body_of(OWN_SOURCE, sequence, ITEMS_POSTED, shapes.document(empty), part), one.items)
            scope = paid_scope(one.rule, one.payee)
            new.append(inputs.NewInput(OWN_SOURCE, sequence, ITEMS_POSTED, scope, body, part))
            part += 1
        await inputs.append(tx, contract.id, new)


def _fact(posted: Settlement, entry: Entry, total: int) -> SettlementPosted:
    return SettlementPosted(
        contract_id=posted.contract_id,
        settlement_id=posted.id,
        entry_id=entry.id,
        postings=said_postings(entry.sides, entry.currency),
        total=from_minor(total, entry.currency),
        document_on=entry.document_on,
        accounting_on=entry.accounting_on,
        value_on=entry.value_on,
    )


def said_postings(sides: tuple[Side, ...], currency: str) -> tuple[Posting, ...]:
    """The postings of an entry as a fact says them."""
    return tuple(Posting(account=side.account, amount=from_minor(side.minor, currency)) for side in sides)
