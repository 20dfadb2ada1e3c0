"""Use case: the cohorts of a contract, and how many people were ever in each."""

from collections.abc import Sequence
from uuid import UUID

from outcomes_service.domain.contract import Cohort, shown_to
from outcomes_service.storage.contracts import get_contract, list_cohorts
from services.kit.database.transaction import Transaction


async def show_cohorts(tx: Transaction, contract_id: UUID) -> Sequence[Cohort]:
    """Every cohort; small counts are left out for parties who do not work with participants. Errors: `not-found`."""
    contract = await get_contract(tx, contract_id)
    role = contract.party(tx.caller.organisation).role
    return [shown_to(role, cohort) for cohort in await list_cohorts(tx, contract)]
