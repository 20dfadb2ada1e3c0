"""Tests: what a role is given when it asks the database itself, and rows that nobody may add."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.kit.database.database import Database

from ..builders import PAYER, PROVIDER, a_claim
from ..conftest import Ingestion

INSERT_CLAIM = """
insert into claim (id, contract_id, metric_id, metric_code, subject_id, occurrence, series, achieved_on, units,
                   external_id, reported_by, recorded_at, state, revision)
select :id, contract_id, metric_id, metric_code, subject_id, '2', series, achieved_on, units,
       'forged', :reporter, now(), 'submitted', 1
from claim where contract_id = :contract returning 1
"""


async def rows(database: Database, organisation: str, statement: str, **values: Any) -> list[Any]:
    async with database.transaction(organisation) as connection:
        return list((await connection.execute(text(statement), values)).scalars())


async def with_a_decision(ingestion: Ingestion, metric: str = "employed") -> UUID:
    contract = await ingestion.contract(people=1)
    (row,) = (await ingestion.upload(PROVIDER, f"{contract}/claims", [a_claim(metric=metric)])).results
    decided = {"claimId": row["id"], "version": 1, "decision": "verified"}
    assert (await ingestion.upload(PAYER, f"{contract}/verifications", [decided])).summary["created"] == 1
    return UUID(contract[-36:])
