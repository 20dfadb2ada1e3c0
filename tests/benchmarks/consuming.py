"""Benchmarks: the settlement worker as a process of its own, on PostgreSQL and a real Kafka whose topic is filled."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import md5
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.benchmarks.copying import truncate
from tests.benchmarks.filling import PAYER, PER_PERSON, PROVIDER, RULES, envelope
from tests.benchmarks.harness import cpu_seconds
from tests.benchmarks.settling import Bench, open_bench

from deploy.kafka import Kafka, create_topics, free_ports
from deploy.launcher.programs import BEGUN, inherited
from deploy.topics import read_topics
from services.events import outcomes, settlements
from services.events.contracts import ContractActivated
from services.events.envelope import Envelope
from services.events.outcomes import OutcomeClaimed, OutcomeVerified
from services.kit.bus.binary import outgoing
from services.kit.bus.interface import Partition
from services.kit.bus.kafka import KafkaBus
from services.kit.bus.partition import partition_of
from services.kit.database.connections import Connection, connect, disconnect
from services.kit.doors.keys import new_private_key
from services.kit.facts.relay import BATCH
from services.kit.local.child import tied_to_us
from services.kit.process import clock, telemetry

UPLOAD = 5_000
"""Claims that are reported one after another; then they are verified in the same order, and then the next come."""
READY_SECONDS, LEAVING_SECONDS, STALLED_SECONDS = 60, 60, 60
LOOK_SECONDS = 0.05

_HEARD = "select coalesce(sum(sequence), 0)::bigint as facts from inbox_head where source = $1"
_BEHIND = "select exists (select from open_subject where accrued_inputs < position)"


@dataclass(frozen=True, slots=True)
class Filling:
    """Contracts, each with so many claims that are reported and verified in the topic. The topic ends with them; where
    they begin in each partition is `first`."""

    contracts: Sequence[ContractActivated]
    claims: int
    first: Mapping[Partition, int]

    @property
    def facts(self) -> int:
        """How many records they are."""
        return 2 * self.claims * len(self.contracts)


@dataclass(slots=True)
class Topic:
    """The topic of outcomes-service, which is filled at its end and read again from any place."""

    bus: KafkaBus
    partitions: int
    ends: Counter[int] = field(default_factory=Counter)

    def partition(self, contract_id: UUID) -> int:
        """Where the facts about a contract go."""
        return partition_of(str(contract_id).encode(), self.partitions)

    async def fill(self, contracts: Sequence[ContractActivated], claims: int) -> Filling:
        """Sends what outcomes-service says when so many claims of each contract are reported and verified."""
        first = {Partition(outcomes.TOPIC, number): self.ends[number] for number in range(self.partitions)}
        producer = self.bus.producer()
        for agreed in contracts:
            envelopes = _envelopes(agreed.contract_id, claims)
            while batch := list(islice(envelopes, BATCH)):
                await producer.send([outgoing(outcomes.TOPIC, each) for each in batch])
                self.ends[self.partition(agreed.contract_id)] += len(batch)
        await producer.close()
        return Filling(contracts, claims, first)

    async def rewind(self, filling: Filling) -> None:
        """Lets the group of the settlement worker, which has no member, begin where a filling begins."""

        async def nothing_is_in_hand(_: frozenset[Partition]) -> None: ...

        consumer = await self.bus.consumer(settlements.SERVICE, [outcomes.TOPIC], nothing_is_in_hand)
        await consumer.commit(filling.first)
        await consumer.close()


@dataclass(frozen=True, slots=True)
class Intake:
    """How long a filling took: seconds until the last row of the inbox was committed, seconds of CPU in that time,
    and seconds after it until what is due was worked out."""

    seconds: float
    worker: float
    postgres: float
    working_out: float


@dataclass(frozen=True, slots=True)
class Stage:
    """PostgreSQL, Kafka and the topic; and the folder for what is written beside."""

    bench: Bench
    kafka: Kafka
    topic: Topic
    folder: Path

    @property
    def url(self) -> str:
        """The database, as who owns the server."""
        return self.bench.postgres.url("settlement")

    async def intake(self, filling: Filling) -> Intake:
        """Lets a worker take in a filling on empty tables, where nothing stands but that the contracts are active. The
        clock begins when the worker says that it has begun."""
        truncate(self.url, "contract", "inbox", "inbox_head")
        for agreed in filling.contracts:
            await self.bench.agree(agreed)
        await self.topic.rewind(filling)
        postgres = self.bench.postgres.pid
        assert postgres is not None
        connection = await connect(self.url, "bench")
        try:
            async with _worker(self.folder, self._environment()) as worker:
                begun, before = time.perf_counter(), (cpu_seconds(worker.pid), cpu_seconds(postgres))
                await _until_heard(connection, filling.facts, worker)
                seconds = time.perf_counter() - begun
                after = cpu_seconds(worker.pid), cpu_seconds(postgres)
                while await connection.fetchval(_BEHIND):
                    await worker.look()
                working_out = time.perf_counter() - begun - seconds
        finally:
            await disconnect(connection)
        return Intake(seconds, after[0] - before[0], after[1] - before[1], working_out)

    def _environment(self) -> dict[str, str]:
        key = self.folder / "key.json"
        key.write_text(json.dumps(new_private_key()))
        return inherited() | {
            "ENZYM_DATABASE_URL": self.bench.postgres.url("settlement", "settlement_worker"),
            "ENZYM_KEY_FILE": str(key),
            "ENZYM_BUS": "kafka",
            "ENZYM_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "ENZYM_CONTRACTS_URL": "http://127.0.0.1:9",
            "ENZYM_OUTCOMES_URL": "http://127.0.0.1:9",
        }


@dataclass(frozen=True, slots=True)
class _Worker:
    """The service's own background process, and its log."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @classmethod
    def started(cls, log: Path, environment: Mapping[str, str]) -> "_Worker":
        command = tied_to_us([sys.executable, "-m", "settlement_service.worker"])
        with log.open("wb") as output:
            return cls(
                subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output), log
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    async def look(self) -> None:
        """Waits a moment. Errors: RuntimeError, with the end of its log, when it has ended."""
        if self.process.poll() is not None:
            raise self.stuck()
        await asyncio.sleep(LOOK_SECONDS)

    def stuck(self) -> RuntimeError:
        return RuntimeError(f"the worker does not go on:\n{self.log.read_text()[-2000:]}")


@asynccontextmanager
async def _worker(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[_Worker]:
    """A worker, from the moment that it says that it has begun."""
    worker = _Worker.started(folder / "worker.txt", environment)
    try:
        async with asyncio.timeout(READY_SECONDS):
            while BEGUN not in worker.log.read_bytes():
                await worker.look()
        yield worker
    finally:
        worker.process.terminate()
        worker.process.wait(LEAVING_SECONDS)


async def _until_heard(connection: Connection, facts: int, worker: _Worker) -> None:
    """Waits for so many facts. Errors: RuntimeError when none comes for a minute, or the worker has ended."""
    heard, since = 0, time.perf_counter()
    while heard < facts:
        await worker.look()
        before, heard = heard, await connection.fetchval(_HEARD, f"urn:enzym:{outcomes.SERVICE}")
        if heard > before:
            since = time.perf_counter()
        elif time.perf_counter() - since > STALLED_SECONDS:
            raise worker.stuck()


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """Everything that the worker needs, empty. What is logged in this process is on stderr, beside the progress."""
    telemetry.configure("bench")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        async with open_bench() as bench:
            kafka = Kafka(Path(name) / "kafka", *free_ports(2))
            try:
                await kafka.start()
                topics = read_topics()
                await create_topics(kafka.bootstrap, topics)
                partitions = next(topic.partitions for topic in topics if topic.name == outcomes.TOPIC)
                yield Stage(bench, kafka, Topic(KafkaBus(kafka.bootstrap), partitions), Path(name))
            finally:
                kafka.stop()


def _envelopes(contract_id: UUID, claims: int) -> Iterator[Envelope]:
    """The facts about a contract in their order, upload by upload."""
    sequence = 0
    for first in range(0, claims, UPLOAD):
        reported = [_claim(contract_id, number) for number in range(first, min(first + UPLOAD, claims))]
        for fact in (*reported, *map(_verification, reported)):
            sequence += 1
            yield envelope(fact, sequence)


def _claim(contract_id: UUID, number: int) -> OutcomeClaimed:
    """One of PER_PERSON that follow each other on one person, as `filling` has them."""
    person, place = divmod(number, PER_PERSON)
    return OutcomeClaimed(
        contract_id=contract_id,
        claim_id=clock.new_id(),
        metric=list(RULES)[number % 2],
        subject_id=UUID(bytes=md5(f"{contract_id} {person}".encode()).digest()),
        occurrence=str(place // 2 + 1),
        achieved_on=date(2026, 1, 1) + timedelta(days=number * 7 % 360),
        units=2 if person % 100 == 7 else 1,
        reported_by=PROVIDER,
        order_key=f"{number * 2654435761 % 2**32:08x}{number:08x}",
    )


def _verification(claim: OutcomeClaimed) -> Any:
    return OutcomeVerified(
        contract_id=claim.contract_id, claim_id=claim.claim_id, decided_by=PAYER, decided_at=clock.now()
    )
