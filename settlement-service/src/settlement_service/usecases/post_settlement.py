"""Use case: an approved settlement becomes an entry of the ledger, and an input of those that come after it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.core.money import from_minor
from services.core.period import local_date
from services.events.settlements import Posting, SettlementPosted
from services.kit.database import audit
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from services.kit.facts.outbox import tell
from services.kit.process import clock
from settlement_service.domain.agreement.audience import paid_scope
from settlement_service.domain.agreement.calendar import last_day_before
from settlement_service.domain.agreement.contract import Contract
from settlement_service.domain.facts.log import ITEMS_POSTED, OWN_SOURCE, ItemsPosted, body_of, body_with
from settlement_service.domain.ledger.lifecycle import Settlement, Waiting, check_move
from settlement_service.domain.ledger.postings import Entry, Side, approval_entry
from settlement_service.domain.settling.closing import closing_of
from settlement_service.domain.settling.posted_items import MOST_ITEMS
from settlement_service.storage import accruals, contracts, inputs, ledger, opened, settlements, statements
from settlement_service.storage.posting_items import post_some
from settlement_service.usecases.freeze_settlement import REGISTRY

SUSPENDED = Waiting(REGISTRY, "contract-suspended")


async def find_approved_settlements(tx: Transaction) -> list[UUID]:
    """The settlements that wait to be posted, the oldest first."""
    return await settlements.approved_settlements(tx)


async def post_settlement(tx: Transaction, settlement_id: UUID) -> bool:
    """Posts a settlement that everybody has approved, or keeps that it waits for the end of a suspension. Returns
    whether it was posted."""
    # While the contract is suspended it is looked at again and again: without the lock that facts that come in need.
    settlement = await settlements.find_settlement(tx, settlement_id)
    if settlement is None or settlement.state != "approved":
        return False
    if (await contracts.get_contract(tx, settlement.contract_id)).suspended:
        if settlement.waiting != (SUSPENDED,):
            waiting = replace(settlement, waiting=(SUSPENDED,), revision=settlement.revision + 1)
            await settlements.save_waiting(tx, waiting)
        return False
    contract = await contracts.get_contract(tx, settlement.contract_id, lock=True)
    settlement = await settlements.get_settlement(tx, settlement_id, lock=True)
    if settlement.state != "approved" or contract.suspended:
        return False
    await _post(tx, contract, settlement)
    await audit.note(tx, "post_settlement", f"/v1/settlements/{settlement_id}", "done")
    return True


async def _post(tx: Transaction, contract: Contract, settlement: Settlement) -> None:
    """Posts the settlement of a locked contract, by the terms that it was calculated by: these were approved, and an
    amendment may have come since. One whose total is zero has an entry without sides, and is `posted` all the same."""
    check_move(settlement.state, "settlement.posted")
    terms = contract.history.version(settlement.terms_version or contract.terms.version)
    shares = await statements.shares_of(tx, settlement.id)
    decided_at = (await ledger.approvals_of(tx, settlement.id))[-1].approved_at
    document_on = local_date(decided_at, terms.time_zone)
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
        revision=settlement.revision + 1,
        waiting=(),
        posted_at=tx.now,
        document_on=entry.document_on,
        accounting_on=entry.accounting_on,
        value_on=entry.value_on,
    )
    await ledger.add_entry(tx, entry)
    await settlements.save_posted(tx, posted)
    sequence = await tell(tx, contract.id, [_fact(posted, entry, sum(shares.values()))])
    await _post_items(tx, contract, posted, sequence)


async def _post_items(tx: Transaction, contract: Contract, posted: Settlement, sequence: int) -> None:
    """Appends the posted items to the log. Later settlements rest on them as they do on the facts of other services.
    They are appended in parts, of which one at a time is in memory."""
    before = await inputs.count_inputs(tx, contract.id)
    part = 0
    for line in posted.lines:
        last, scope = None, paid_scope(line.rule, line.payee)
        while some := await post_some(tx, posted, line.key, last, MOST_ITEMS):
            last = some.last
            if some.items is None:
                continue
            body = _body(posted, line.rule, sequence, part, some.items)
            new = inputs.NewInput(OWN_SOURCE, sequence, ITEMS_POSTED, scope, body, part)
            await inputs.append(tx, contract.id, [new])
            part += 1
    await opened.close_subjects(tx, posted, closing_of(contract.history, posted.period.end))
    if part:
        await accruals.begin_anew(tx, contract.id, before)


def _body(posted: Settlement, rule: str, sequence: int, part: int, items: str) -> bytes:
    """The body of an input: the head is written here, `items` are canonical JSON that the database wrote."""
    head = ItemsPosted(
        contract_id=posted.contract_id, settlement=posted.number, period_end=posted.period.end, rule=rule, items=()
    )
    return body_with(body_of(OWN_SOURCE, sequence, ITEMS_POSTED, shapes.document(head), part), items)


def _fact(posted: Settlement, entry: Entry, total: int) -> SettlementPosted:
    return SettlementPosted(
        contract_id=posted.contract_id,
        settlement_id=posted.id,
        entry_id=entry.id,
        postings=fact_postings(entry.sides, entry.currency),
        total=from_minor(total, entry.currency),
        document_on=entry.document_on,
        accounting_on=entry.accounting_on,
        value_on=entry.value_on,
    )


def fact_postings(sides: tuple[Side, ...], currency: str) -> tuple[Posting, ...]:
    """The postings of an entry, as events have them."""
    return tuple(Posting(account=side.account, amount=from_minor(side.minor, currency)) for side in sides)
