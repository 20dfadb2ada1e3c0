"""Use case: who is in which cohort, by key, for those who may read participants."""

from collections.abc import Sequence
from uuid import UUID

from outcomes_service.domain.contract import AT_CLAIMS, participant_readers_of
from outcomes_service.domain.enrolment import Enrolled
from outcomes_service.storage.contracts import get_contract
from outcomes_service.storage.participants import list_enrolments
from services.core.access import RoleNotAllowed
from services.kit.database.transaction import Transaction


async def show_participants(tx: Transaction, contract_id: UUID, after: int, limit: int) -> Sequence[Enrolled]:
    """Up to `limit` enrolments, in the order in which they were recorded. Errors: `not-found`, `role-not-allowed`."""
    contract = await get_contract(tx, contract_id)
    contract.require(tx.caller.organisation, AT_CLAIMS)
    if tx.caller.organisation not in participant_readers_of(contract):
        raise RoleNotAllowed("This is for payers, and for those who report, verify or decide on participants.")
    return await list_enrolments(tx, contract_id, after, limit)
