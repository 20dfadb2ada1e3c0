"""Benchmarks: a settlement service in this process, with as many verified claims as a row wants, kept as sets."""

import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text
from tests.benchmarks.filling import CLAIMED, PAYER, PER_PERSON, POSTED, PROVIDER, activation, envelope, filled

from services.core.period import Period
from services.events.contracts import ContractActivated
from services.events.outcomes import OutcomeClaimed, OutcomeVerified
from services.kit.database.database import Database
from services.kit.database.provisioning import migrate, provision
from services.kit.database.transaction import Transaction
from services.kit.facts.inbox import Taken
from services.kit.local.postgres import Postgres
from services.kit.process import clock
from services.kit.process.caller import Caller, service_caller
from settlement_service.app import ABOUT
from settlement_service.domain.ledger.lifecycle import Settlement
from settlement_service.storage import inputs
from settlement_service.usecases.accrue import accrue_some
from settlement_service.usecases.approve_settlement import approve_settlement
from settlement_service.usecases.freeze_settlement import SOURCES, freeze_settlement
from settlement_service.usecases.keep_facts import keep_facts
from settlement_service.usecases.post_settlement import post_settlement
from settlement_service.usecases.prepare_settlement import prepare_settlement

T = TypeVar("T")

_HEAD = "select max(sequence) as sequence from input where contract_id = :contract and source like '%outcomes%'"
YEAR = Period(start=date(2026, 1, 1), end=date(2027, 1, 1))
MOST_SECONDS = 900
"""A statement of a benchmark may take as long as it likes."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The server; its database as the service has it, and as who owns the server has it."""

    postgres: Postgres
    app: Database
    worker: Database
    owner: Database

    async def agree(self, agreed: ContractActivated) -> None:
        """Takes in that a contract is activated."""
        await self.as_worker(lambda tx: keep_facts(tx, [Taken(envelope(agreed, 1), agreed)]))

    async def contract(self, claims: int, contract_cap: str) -> UUID:
        """A contract with so many verified claims that no settlement has looked at."""
        agreed = activation(contract_cap)
        contract_id = agreed.contract_id
        await self.agree(agreed)
        values = {
            ":contract": str(contract_id),
            ":payer": PAYER,
            ":provider": PROVIDER,
            ":source": SOURCES[1],
            ":claims": str(claims),
            ":each": str(PER_PERSON),
        }
        await self.script(filled(CLAIMED, values))
        await self.as_worker(lambda tx: inputs.keep_roots(tx, contract_id))
        await self.script("vacuum analyze")
        return contract_id

    async def settled_contract(self, claims: int) -> UUID:
        """A contract all of whose claims a settlement has posted, as `post_settlement` would have left it."""
        contract_id = await self.contract(claims, "999999999.00")
        settlement = await self.prepare(contract_id)
        values = {":contract": str(contract_id), ":payer": PAYER, ":payee": PROVIDER, ":settlement": str(settlement.id)}
        await self.script(filled(POSTED, values))
        await self.script("vacuum analyze")
        return contract_id

    async def claim(self, contract_id: UUID, number: int) -> None:
        """One more verified claim, on somebody new, as the consumer takes it in."""
        person, head = clock.random_id(), await self.row(_HEAD, contract=contract_id)
        claimed = OutcomeClaimed(
            contract_id=contract_id,
            claim_id=clock.new_id(),
            metric="job",
            subject_id=person,
            occurrence="1",
            achieved_on=date(2026, 6, 1),
            units=1,
            reported_by=PROVIDER,
            order_key=f"{number:08}",
        )
        verified = OutcomeVerified(
            contract_id=contract_id, claim_id=claimed.claim_id, decided_by=PAYER, decided_at=clock.now()
        )
        facts: tuple[Any, ...] = (claimed, verified)
        run = [Taken(envelope(fact, place), fact) for place, fact in enumerate(facts, start=head.sequence + 1)]
        await self.as_worker(lambda tx: keep_facts(tx, run))

    async def script(self, statements: str) -> None:
        """Statements of who owns the server, past all rules on who may write what."""
        async with self.owner.engine.connect() as connection:
            raw = await (await connection.execution_options(isolation_level="AUTOCOMMIT")).get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.execute("set session_replication_role = replica; set synchronous_commit = off")
            for statement in statements.split(";\n"):
                if statement.strip():
                    await driver.execute(statement)

    async def as_worker(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """One transaction of the background process."""
        caller = service_caller(ABOUT.service)
        async with self.worker.transaction(caller.organisation) as connection:
            return await work(Transaction(connection, caller, clock.now(), clock.random_id()))

    async def as_payer(self, who: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """One transaction of the HTTP process."""
        caller = Caller("https://identity.example", who, PAYER, frozenset({"prepare", "approve"}), "person", "bench")
        async with self.app.transaction(PAYER) as connection:
            return await work(Transaction(connection, caller, clock.now(), clock.random_id()))

    async def accrue(self, contract_id: UUID) -> float:
        """Seconds that working out what is due takes, as the background process does it when facts have come."""
        started = time.perf_counter()
        while await self.as_worker(lambda tx: accrue_some(tx, contract_id)):
            pass
        seconds = time.perf_counter() - started
        await self.script("vacuum analyze")
        return seconds

    async def prepare(self, contract_id: UUID, kind: Any = "scheduled") -> Settlement:
        """An open settlement of the year."""
        return await self.as_payer("anna", lambda tx: prepare_settlement(tx, contract_id, kind, YEAR))

    async def freeze(self, settlement: Settlement) -> float:
        """Seconds that freezing and calculating takes, committed."""
        heads: dict[str, int | None] = dict.fromkeys(SOURCES, 0)
        started = time.perf_counter()
        if not await self.as_worker(lambda tx: freeze_settlement(tx, settlement.id, heads)):
            raise RuntimeError("it was not frozen")
        return time.perf_counter() - started

    async def post(self, settlement: Settlement) -> float:
        """Seconds that posting it takes once it is approved, committed."""
        query = text("select content_sha256, revision from settlement where id = :id")
        async with self.owner.engine.connect() as connection:
            row = (await connection.execute(query, {"id": settlement.id})).one()
        await self.as_payer("bo", lambda tx: approve_settlement(tx, settlement.id, row.content_sha256, row.revision))
        started = time.perf_counter()
        if not await self.as_worker(lambda tx: post_settlement(tx, settlement.id)):
            raise RuntimeError("it was not posted")
        return time.perf_counter() - started

    async def row(self, query: str, **values: Any) -> Any:
        """One row, asked as the background process."""
        async with self.worker.transaction(service_caller(ABOUT.service).organisation) as connection:
            return (await connection.execute(text(query), values)).one()


@asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    """PostgreSQL as durable as ever, and the service's use cases on it."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        postgres = Postgres(Path(name) / "postgres")
        postgres.start()
        opened: list[Database] = []
        try:
            await provision(postgres.url("postgres"), "settlement")
            await migrate(ABOUT.folder, postgres.url("settlement", "settlement_owner"))
            for role in ("settlement_app", "settlement_worker", "postgres"):
                url = postgres.url("settlement", role)
                opened.append(Database(url, application="bench", statement_timeout_seconds=MOST_SECONDS))
            yield Bench(postgres, *opened)
        finally:
            for database in opened:
                await database.close()
            postgres.stop()
