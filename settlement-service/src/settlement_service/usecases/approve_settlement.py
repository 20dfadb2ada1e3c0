"""Use case: a person of a payer approves what a settlement says; after the last approval it may be posted."""

from dataclasses import replace
from uuid import UUID

from services.core.access import RoleNotAllowed
from services.events.settlements import SettlementApproved
from services.kit.database.transaction import Transaction
from services.kit.facts.outbox import tell
from settlement_service.domain.ledger.approval import check_approval, is_approved
from settlement_service.domain.ledger.lifecycle import Settlement, check_move
from settlement_service.storage import ledger, settlements, statements
from settlement_service.usecases.hold_settlement import hold_settlement, person_of


async def approve_settlement(tx: Transaction, settlement_id: UUID, content_sha256: str, expected: int) -> Settlement:
    """The settlement as it is then: `approved` once every payer that owes something has approved. The service posts it
    later by itself: posting a large one takes longer than a request may. Errors: `not-found`, `role-not-allowed`,
    `version-stale`, `contract-suspended`, `settlement-state-not-right`, `person-needed`, `approver-prepared`,
    `approved-already`, `content-differs`."""
    contract, settlement = await hold_settlement(tx, settlement_id, expected, ever=True)
    contract.require_running()
    check_move(settlement.state, "settlement.approved")
    by, content = person_of(tx), settlement.content_sha256 or ""
    owing = [payer for (payer, _), minor in (await statements.shares_of(tx, settlement_id)).items() if minor]
    approvers = contract.approvers(await statements.parties_shown(tx, settlement_id), owing)
    if by.organisation not in approvers:
        raise RoleNotAllowed("A payer approves what it pays itself.")
    earlier = [approval.by for approval in await ledger.approvals_of(tx, settlement_id)]
    check_approval(by, settlement.prepared_by, earlier, content_sha256, content)
    await ledger.add_approval(tx, settlement, by, content)
    approved = SettlementApproved(
        contract_id=contract.id, settlement_id=settlement_id, approved_by=by.organisation, content_sha256=content
    )
    await tell(tx, contract.id, [approved])
    by_all = is_approved(approvers, settlement.prepared_by, [*earlier, by])
    changed = replace(settlement, state="approved" if by_all else settlement.state, revision=settlement.revision + 1)
    await settlements.save_state(tx, changed)
    return changed
