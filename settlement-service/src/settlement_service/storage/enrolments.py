"""Storage: who was ever enrolled in which cohort."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.kit.database.transaction import Transaction
from settlement_service.domain.facts.outcome_data import Enrolled
from settlement_service.storage.tables import enrolment


async def add_enrolment(tx: Transaction, contract_id: UUID, new: Enrolled) -> None:
    """Keeps that a participant was enrolled; leaving never takes it back."""
    row = {
        "contract_id": contract_id,
        "subject_id": new.subject_id,
        "cohort": new.cohort,
        "enrolled_on": new.enrolled_on,
    }
    await tx.connection.execute(upsert(enrolment).values(row).on_conflict_do_nothing())


async def of_contract(tx: Transaction, contract_id: UUID) -> list[Enrolled]:
    """All enrolments of a contract."""
    query = select(enrolment).where(enrolment.c.contract_id == contract_id)
    return [Enrolled(row.subject_id, row.cohort, row.enrolled_on) for row in (await tx.connection.execute(query)).all()]
