"""Use case: a payer asks for the settlement of a period."""

from uuid import UUID

from services.core.errors import Conflict, FieldError, Invalid
from services.core.period import Period
from services.kit.database.transaction import Transaction
from services.kit.process import clock
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.domain.statement.statement import Kind
from settlement_service.storage import contracts, settlements
from settlement_service.usecases.hold_settlement import person_of, require_payer


class SettlementUnderWay(Conflict):
    """One settlement of a contract at a time is prepared, checked, approved and posted."""

    code = "settlement-under-way"
    title = "Another settlement of this contract is under way; this is possible once it is posted or cancelled"


class PeriodTaken(Conflict):
    """The period was settled, or is being settled, by a scheduled run."""

    code = "period-taken"
    title = "This period has its scheduled settlement; send kind 'correction', or another period"


class PeriodEmpty(Invalid):
    """A period that ends where it starts, or before."""

    code = "period-empty"
    title = "A period ends after it starts"


async def prepare_settlement(tx: Transaction, contract_id: UUID, kind: Kind, period: Period) -> Settlement:
    """The open settlement. Errors: `not-found`, `role-not-allowed`, `period-empty`, `settlement-under-way`,
    `period-taken`."""
    if period.start >= period.end:
        allowed = "Later than the start; the end is not in the period."
        raise PeriodEmpty(errors=[FieldError("/period/end", PeriodEmpty.code, allowed)])
    # Before the lock: row level security gives it to payers alone, and others are told that their role is not allowed.
    require_payer(tx, await contracts.get_contract(tx, contract_id))
    contract = await contracts.get_contract(tx, contract_id, lock=True)
    if await settlements.find_unposted(tx, contract_id):
        raise SettlementUnderWay()
    if kind == "scheduled" and await settlements.find_of_period(tx, contract_id, period):
        raise PeriodTaken()
    prepared = Settlement(
        id=clock.new_id(),
        contract_id=contract.id,
        number=await contracts.next_number(tx, contract_id),
        kind=kind,
        period=period,
        state="open",
        revision=1,
        prepared_by=person_of(tx),
        prepared_at=tx.now,
    )
    await settlements.add_settlement(tx, prepared)
    return prepared
