"""Use case: a payer gives up a settlement that not everybody has approved."""

from dataclasses import replace
from uuid import UUID

from services.events.settlements import SettlementCancelled
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell
from settlement_service.domain.ledger.lifecycle import Settlement, check_move
from settlement_service.storage import settlements
from settlement_service.usecases.hold_settlement import hold_settlement


async def cancel_settlement(tx: Transaction, settlement_id: UUID, expected: int) -> Settlement:
    """The cancelled settlement; its period is free again. Errors: `not-found`, `role-not-allowed`, `version-stale`,
    `settlement-state-not-right`."""
    contract, settlement = await hold_settlement(tx, settlement_id, expected)
    check_move(settlement.state, "settlement.cancelled")
    cancelled = replace(settlement, state="cancelled", revision=settlement.revision + 1)
    await settlements.save_state(tx, cancelled)
    await tell(tx, contract.id, [SettlementCancelled(contract_id=contract.id, settlement_id=settlement_id)])
    return cancelled
