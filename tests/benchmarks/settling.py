"""Benchmarks: a settlement service in this process, with as many verified claims as a row wants, kept as sets."""

import gc
import os
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from uuid import UUID

import psutil
from sqlalchemy import text

from services.core.period import Period
from services.events.contracts import ContractActivated
from services.events.envelope import Envelope
from services.events.outcomes import OutcomeClaimed, OutcomeVerified
from services.kit import clock, shapes
from services.kit.auth import Caller, service_caller
from services.kit.database import Database
from services.kit.postgres import Postgres
from services.kit.provisioning import migrate, provision
from services.kit.transaction import Transaction
from settlement_service.app import ABOUT
from settlement_service.domain.lifecycle import Settlement
from settlement_service.storage import inputs
from settlement_service.usecases.approve_settlement import approve_settlement
from settlement_service.usecases.freeze_settlement import SOURCES, freeze_settlement
from settlement_service.usecases.keep_fact import keep_fact
from settlement_service.usecases.prepare_settlement import prepare_settlement

T = TypeVar("T")

PAYER, PROVIDER = "0088:9521000000018", "0088:9521000000032"
RULES = {"home": "30.00", "job": "100.00"}
PER_PERSON = 10
"""Claims of one person, half of them under each rule; each of one unit, but for one person in a hundred."""
PERSON_CAP = "900.00"
"""It cuts what one person in a hundred is worth, and nothing from the others."""
YEAR = Period(start=date(2026, 1, 1), end=date(2027, 1, 1))
MOST_SECONDS = 900
"""A statement of a benchmark may take as long as it likes."""

_SCRIPT = """
create temp table told as
select n, gen_random_uuid() as id, md5('person ' || (n / :each))::uuid as subject_id,
    (array['home', 'job'])[n % 2 + 1] as metric, (n % :each / 2 + 1)::text as occurrence,
    date '2026-01-01' + (n * 7 % 360)::int as achieved_on, case when n / :each % 100 = 7 then 2 else 1 end as units,
    lpad(to_hex((n * 2654435761) % 4294967296), 8, '0') || lpad(to_hex(n), 8, '0') as order_key
from generate_series(0, :claims - 1) n;
insert into claim (id, contract_id, metric, subject_id, occurrence, achieved_on, units, reported_by, order_key, state,
    disputed, decided_by, decided_at)
select id, ':contract', metric, subject_id, occurrence, achieved_on, units, ':provider', order_key, 'verified', false,
    array[':payer'], '2026-06-01T12:00:00Z'
from told;
insert into item (contract_id, claim_id, rule, metric, version, subject_id, occurrence, achieved_on, order_key,
    claimed_units, price_minor, units, gross_minor, decided_by, decided_at)
select ':contract', id, metric, metric, 1, subject_id, occurrence, achieved_on, order_key, units,
    case metric when 'job' then 10000 else 3000 end, units, units * case metric when 'job' then 10000 else 3000 end,
    array[':payer'], '2026-06-01T12:00:00Z'
from told;
insert into open_subject (contract_id, subject_id, position)
select ':contract', subject_id, max(2 * n + 3) from told group by subject_id;
insert into input (contract_id, position, source, sequence, part, type, scope, salt, body, leaf)
select ':contract', position, ':source', position - 1, 0, 'eu.enzym.outcome.' || what || '.v1', 'metric/' || metric,
    salt, body, sha256('\\x00'::bytea || sha256(salt || body))
from (
    select 2 * n + 2 as position, 'claimed' as what, metric, uuid_send(gen_random_uuid()) as salt,
        convert_to(format('{"fact":{"achievedOn":"%s","claimId":"%s","contractId":":contract","metric":"%s",'
            '"occurrence":"%s","orderKey":"%s","reportedBy":":provider","subjectId":"%s","units":%s},"sequence":%s,'
            '"source":":source","type":"eu.enzym.outcome.claimed.v1"}', achieved_on, id, metric, occurrence, order_key,
            subject_id, units, 2 * n + 1), 'UTF8') as body
    from told
    union all
    select 2 * n + 3, 'verified', metric, uuid_send(gen_random_uuid()),
        convert_to(format('{"fact":{"claimId":"%s","contractId":":contract","decidedAt":"2026-06-01T12:00:00Z",'
            '"decidedBy":":payer"},"sequence":%s,"source":":source","type":"eu.enzym.outcome.verified.v1"}', id,
            2 * n + 2), 'UTF8')
    from told
) as said;
insert into inbox_head (source, aggregate, sequence) values (':source', ':contract', 2 * :claims);
drop table told;
"""
_POSTED = """
insert into posted_item (contract_id, rule, subject_id, occurrence, price_minor, payee, claim_id, version, achieved_on,
    units, gross_minor, cut_person_minor, cut_rule_minor, cut_period_minor, cut_contract_minor, retained_minor,
    cut_payer_minor, shares)
select contract_id, rule, subject_id, occurrence, price_minor, ':payee', claim_id, version, achieved_on, units,
    gross_minor, 0, 0, 0, 0, 0, 0, jsonb_build_object(':payer', gross_minor)
from item where contract_id = ':contract';
insert into settlement_item (settlement_id, contract_id, number, rule, subject_id, occurrence, price_minor, payee,
    claim_id, version, achieved_on, order_key, claimed_units, now_units, now_gross_minor, now_cut_person_minor,
    now_cut_rule_minor, now_cut_period_minor, now_cut_contract_minor, now_retained_minor, now_cut_payer_minor,
    now_shares, before_units, before_gross_minor, before_cut_person_minor, before_cut_rule_minor,
    before_cut_period_minor, before_cut_contract_minor, before_retained_minor, before_cut_payer_minor, before_shares,
    behind, decided_by, decided_at, sha256)
select ':settlement', contract_id, row_number() over (), rule, subject_id, occurrence, price_minor, ':payee', claim_id,
    version, achieved_on, order_key, claimed_units, units, gross_minor, 0, 0, 0, 0, 0, 0,
    jsonb_build_object(':payer', gross_minor), 0, 0, 0, 0, 0, 0, 0, 0, '{}', 0, decided_by, decided_at,
    sha256('filled')
from item where contract_id = ':contract';
insert into posted_total (contract_id, rule, month, payer, under_caps_minor, amount_minor)
select contract_id, rule, to_char(achieved_on, 'YYYY-MM'), payer, sum(case payer when '' then gross_minor else 0 end),
    sum(gross_minor)
from item, (values (''), (':payer')) as payers (payer) where contract_id = ':contract' group by 1, 2, 3, 4;
delete from open_subject where contract_id = ':contract';
update settlement set state = 'posted', posted_at = now(), inputs = 1, content_sha256 = 'filled',
    items_sha256 = 'filled', terms_version = 1 where id = ':settlement'
"""
"""What a settlement leaves behind that has posted everything; without the cap on a person, which costs nothing more."""
_HEAD = "select max(sequence) as sequence from input where contract_id = :contract and source like '%outcomes%'"


@dataclass(frozen=True, slots=True)
class Bench:
    """The database as the service has it, and as who owns the server has it."""

    app: Database
    worker: Database
    owner: Database

    async def contract(self, claims: int, contract_cap: str) -> UUID:
        """A contract with so many verified claims that no settlement has looked at."""
        agreed = activation(contract_cap)
        contract_id = agreed.contract_id
        await self.as_worker(lambda tx: keep_fact(tx, _envelope(agreed, 1), agreed))
        values = {
            ":contract": str(contract_id),
            ":payer": PAYER,
            ":provider": PROVIDER,
            ":source": SOURCES[1],
            ":claims": str(claims),
            ":each": str(PER_PERSON),
        }
        await self.script(_with(_SCRIPT, values))
        await self.as_worker(lambda tx: inputs.keep_roots(tx, contract_id))
        await self.script("vacuum analyze")
        return contract_id

    async def settled_contract(self, claims: int) -> UUID:
        """A contract all of whose claims a settlement has posted, as `post_settlement` would have left it."""
        contract_id = await self.contract(claims, "999999999.00")
        settlement = await self.prepare(contract_id)
        values = {":contract": str(contract_id), ":payer": PAYER, ":payee": PROVIDER, ":settlement": str(settlement.id)}
        await self.script(_with(_POSTED, values))
        await self.script("vacuum analyze")
        return contract_id

    async def claim(self, contract_id: UUID, number: int) -> None:
        """One more verified claim, on somebody new, as the consumer takes it in."""
        person, head = clock.random_id(), await self.one(_HEAD, contract=contract_id)
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
        for place, fact in enumerate(facts, start=head.sequence + 1):
            envelope = _envelope(fact, place)
            await self.as_worker(partial(keep_fact, envelope=envelope, fact=fact))

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

    async def prepare(self, contract_id: UUID, kind: Any = "scheduled") -> Settlement:
        """An open settlement of the year."""
        return await self.as_payer("anna", lambda tx: prepare_settlement(tx, contract_id, kind, YEAR))

    async def freeze(self, settlement: Settlement) -> float:
        """Seconds that freezing and calculating takes, committed."""
        heads: dict[str, int | None] = dict.fromkeys(SOURCES, 0)
        begun = time.perf_counter()
        if not await self.as_worker(lambda tx: freeze_settlement(tx, settlement.id, heads)):
            raise RuntimeError("it was not frozen")
        return time.perf_counter() - begun

    async def post(self, settlement: Settlement) -> float:
        """Seconds that the approval takes which posts it."""
        query = text("select content_sha256, revision from settlement where id = :id")
        async with self.owner.engine.connect() as connection:
            row = (await connection.execute(query, {"id": settlement.id})).one()
        begun = time.perf_counter()
        await self.as_payer("bo", lambda tx: approve_settlement(tx, settlement.id, row.content_sha256, row.revision))
        return time.perf_counter() - begun

    async def one(self, query: str, **values: Any) -> Any:
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
            yield Bench(*opened)
        finally:
            for database in opened:
                await database.close()
            postgres.stop()


@dataclass(slots=True)
class Memory:
    """The most memory that this process has while the block lasts, above what it had before."""

    before: int = 0
    peak: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None

    def __enter__(self) -> "Memory":
        gc.collect()
        self.before = self.peak = psutil.Process().memory_info().rss
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        assert self._watch is not None
        self._watch.join()

    @property
    def mebibytes(self) -> float:
        """What was needed above idle."""
        return (self.peak - self.before) / (1 << 20)

    def _look(self) -> None:
        process = psutil.Process()
        while not self._over.wait(0.02):
            self.peak = max(self.peak, process.memory_info().rss)


def _with(script: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        script = script.replace(name, value)
    return script


def _envelope(fact: Any, sequence: int) -> Envelope:
    declaration = fact.declaration
    return Envelope(
        id=clock.new_id(),
        type=declaration.type,
        source=declaration.source,
        aggregate=str(fact.contract_id),
        sequence=sequence,
        time=clock.now(),
        correlation_id=clock.random_id(),
        body=shapes.text(fact),
    )


def activation(contract_cap: str) -> ContractActivated:
    """Terms of two unit prices, with a cap on a person and one on the contract."""
    document = {
        "contractId": str(clock.new_id()),
        "title": "Bench",
        "version": 1,
        "root": "0" * 64,
        "parties": [
            {"organisationId": PAYER, "name": "Payer", "role": "payer"},
            {"organisationId": PROVIDER, "name": "Provider", "role": "provider"},
        ],
        "currency": "DKK",
        "timeZone": "Europe/Copenhagen",
        "servicePeriod": {"start": "2026-01-01", "end": "2030-01-01"},
        "outcomePeriod": {"start": "2026-01-01", "end": "2030-01-01"},
        "claimsCloseOn": "2040-01-01",
        "effectiveFrom": "2026-01-01",
        "outcomes": {"metrics": [_metric(code) for code in RULES], "cohorts": [{"code": "all", "name": "All"}]},
        "payment": {
            "rules": [_rule(code, price) for code, price in RULES.items()],
            "caps": [_cap("person", PERSON_CAP), _cap("contract", contract_cap)],
        },
    }
    return shapes.read(ContractActivated, document)


def _metric(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": code,
        "subject": "participant",
        "unit": "outcome",
        "reports": "units",
        "reportedBy": PROVIDER,
        "verifiedBy": PAYER,
        "disputesDecidedBy": "agreement",
        "maxPaymentsPerPerson": 100,
    }


def _rule(code: str, price: str) -> dict[str, Any]:
    return {
        "kind": "unit_price",
        "code": code,
        "metric": code,
        "payee": PROVIDER,
        "nature": "service",
        "vat": {"category": "outside_scope", "pricesIncludeVat": False},
        "prices": [{"price": {"amount": price, "currency": "DKK"}}],
    }


def _cap(kind: str, amount: str) -> dict[str, Any]:
    return {"kind": kind, "amount": {"amount": amount, "currency": "DKK"}, "headroom": "keep_paid"}
