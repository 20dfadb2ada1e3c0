"""Use case: a person of a payer approves what a settlement says; with the last approval it is posted."""

from dataclasses import replace
from uuid import UUID

from services.core.access import RoleNotAllowed
from services.events.settlements import SettlementApproved
from services.kit.outbox import tell
from services.kit.transaction import Transaction
from settlement_service.domain.approval import check_approval, is_approved
from settlement_service.domain.lifecycle import Settlement, check_move
from settlement_service.storage import ledger, settlements, statements
from settlement_service.usecases.hold_settlement import hold_settlement, person_of
from settlement_service.usecases.post_settlement import post_settlement


async def approve_settlement(tx: Transaction, settlement_id: UUID, content_sha256: str, expected: int) -> Settlement:
    """The settlement as it is then: posted, when every payer has approved. Errors: `not-found`, `role-not-allowed`,
    `version-stale`, `settlement-state-not-right`, `person-needed`, `approver-prepared`, `approved-already`,
    `content-differs`."""
    contract, settlement = await hold_settlement(tx, settlement_id, expected, ever=True)
    contract.require_running()
    check_move(settlement.state, "settlement.approved")
    by, content = person_of(tx), settlement.content_sha256 or ""
    owing = [payer for (payer, _), minor in (await statements.shares_of(tx, settlement_id)).items() if minor]
    approvers = contract.approvers(await statements.told_to(tx, settlement_id), owing)
    if by.organisation not in approvers:
        raise RoleNotAllowed("A payer approves what it pays itself.")
    earlier = [one.by for one in await ledger.approvals_of(tx, settlement_id)]
    check_approval(by, settlement.prepared_by, earlier, content_sha256, content)
    await ledger.add_approval(tx, settlement, by, content)
    approved = SettlementApproved(
        contract_id=contract.id, settlement_id=settlement_id, approved_by=by.organisation, content_sha256=content
    )
    await tell(tx, contract.id, [approved])
    changed = replace(settlement, revision=settlement.revision + 1)
    if is_approved(approvers, settlement.prepared_by, [*earlier, by]):
        return await post_settlement(tx, contract, replace(changed, state="approved"))
    await settlements.save_state(tx, changed)
    return changed
