"""Benchmarks: claims as NDJSON over HTTP, to the committed row and its fact, against `psql \\copy` of the same rows."""

import asyncio
import base64
import hashlib
import http.client
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from uuid import UUID

from tests.benchmarks.copying import psql, seconds_to_copy, truncate
from tests.benchmarks.harness import Row, free_port, interpreter, process

from outcomes_service.app import ABOUT
from outcomes_service.usecases.keep_contract import keep_contract
from services.events.contracts import ContractActivated
from services.kit.database.database import Database
from services.kit.database.provisioning import migrate, provision
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from services.kit.doors.auth import claims_of, mint
from services.kit.doors.keys import Signer, new_private_key
from services.kit.local.postgres import Postgres
from services.kit.process import clock
from services.kit.process.caller import Caller, service_caller

TARGET, TARGET_SEVERAL = 0.35, 0.50
ROUNDS = 3
ROWS = 50_000
SEVERAL = 4
PEOPLE, OCCURRENCES = 2_500, 20
PAYER, PROVIDER = "0088:9521000000018", "0088:9521000000032"
TABLES = ("claim", "fact", "fact_unpublished")


@dataclass(frozen=True, slots=True)
class _Bench:
    """The service and the database, both running; the contracts, each with its people enrolled."""

    url: str
    port: int
    signer: Signer
    folder: Path
    contracts: Sequence[UUID]


def run() -> Row:
    """Rows a second at one contract, and at SEVERAL at once, each against the reference in the same round."""
    single: list[tuple[float, float]] = []
    several: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name, _running(Path(name)) as bench:
        bodies = [_body(contract, ROWS) for contract in bench.contracts[:1]]
        shares = [_body(contract, ROWS // SEVERAL) for contract in bench.contracts]
        _side(bench, bodies)
        for _ in range(ROUNDS):
            single.append((_side(bench, bodies), _reference(bench)))
            several.append((_side(bench, shares), _reference(bench)))
    return _row(single, several)


def _row(single: Sequence[tuple[float, float]], several: Sequence[tuple[float, float]]) -> Row:
    ratios = [median(copied / ours for ours, copied in rounds) for rounds in (single, several)]
    ours, copied = (ROWS / median(side) for side in zip(*single, strict=True))
    ours_at_once, copied_at_once = (ROWS / median(side) for side in zip(*several, strict=True))
    figures = (
        f"one contract {ours:.0f} rows/s, \\copy {copied:.0f} rows/s; {SEVERAL} contracts at once "
        f"{ours_at_once:.0f} rows/s, \\copy {copied_at_once:.0f} rows/s, ratio {ratios[1]:.2f} "
        f"(target {TARGET_SEVERAL:.2f}); {ROWS} rows, {ROUNDS} alternating rounds; {interpreter()}"
    )
    return Row("bulk-claims", ratios[0], TARGET, figures)


def _side(bench: _Bench, bodies: Sequence[bytes]) -> float:
    """Seconds from the first byte sent to the last result read, on empty tables."""
    _empty(bench)
    with ThreadPoolExecutor(len(bodies)) as pool:
        started = time.perf_counter()
        summaries = list(pool.map(partial(_upload, bench), bench.contracts, bodies))
        seconds = time.perf_counter() - started
    created = sum(summary["created"] for summary in summaries)
    if created != sum(body.count(b"\n") for body in bodies):
        raise RuntimeError(f"not every row was taken: {summaries}")
    return seconds


def _upload(bench: _Bench, contract: UUID, body: bytes, rows: str = "claims") -> dict[str, int]:
    token = mint(bench.signer, claims_of(_caller()), ABOUT.service)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    connection = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=120)
    connection.request("POST", f"/v1/contracts/{contract}/{rows}", body, headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{response.status}: {answer[:1000]!r}")
    summary: dict[str, int] = json.loads(answer[answer.rstrip().rfind(b"\n") + 1 :])["summary"]
    return summary


def _reference(bench: _Bench) -> float:
    """Seconds that \\copy needs for the rows that the service has just kept, on empty tables."""
    return seconds_to_copy(bench.url, bench.folder, TABLES, partial(_empty, bench))


def _empty(bench: _Bench) -> None:
    truncate(bench.url, *TABLES, "claim_record", "fact_head", "audit")


def _body(contract: UUID, rows: int) -> bytes:
    """NDJSON of `rows` claims: people in order, each with occurrences one after another."""
    return b"".join(
        json.dumps(
            {
                "externalId": f"bench-{number % PEOPLE:05d}-{number // PEOPLE + 1}",
                "metric": "employed",
                "participantKey": _key(number % PEOPLE),
                "occurrence": str(number // PEOPLE + 1),
                "achievedOn": f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
                "units": "1",
            }
        ).encode()
        + b"\n"
        for number in range(rows)
    )


def _people() -> bytes:
    rows = ({"participantKey": _key(number), "cohort": "all", "enrolledOn": "2024-01-01"} for number in range(PEOPLE))
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _key(number: int) -> str:
    """A key as payers make it: the beginning of a hash, in base64."""
    return base64.urlsafe_b64encode(hashlib.sha256(str(number).encode()).digest()).decode()[:24]


def _caller() -> Caller:
    return Caller("https://identity.example", "bench", PROVIDER, frozenset({"report"}), "system", "bench")


@contextmanager
def _running(folder: Path) -> Iterator[_Bench]:
    """PostgreSQL as durable as ever, and the service's HTTP process on it."""
    folder.chmod(0o755)
    postgres = Postgres(folder / "postgres")
    postgres.start()
    try:
        contracts = asyncio.run(_prepared(postgres))
        gateway = Signer(new_private_key())
        with _published(gateway) as keys_url, _service(folder, postgres, keys_url) as port:
            bench = _Bench(postgres.url("outcomes"), port, gateway, folder, contracts)
            for contract in contracts:
                _upload(bench, contract, _people(), "participants")
            psql(bench.url, "vacuum analyze")
            yield bench
    finally:
        postgres.stop()


async def _prepared(postgres: Postgres) -> list[UUID]:
    """A migrated database with SEVERAL contracts that are activated."""
    await provision(postgres.url("postgres"), "outcomes")
    await migrate(ABOUT.folder, postgres.url("outcomes", "outcomes_owner"))
    database = Database(postgres.url("outcomes", "outcomes_worker"), application="bench")
    contracts = [_contract() for _ in range(SEVERAL)]
    async with database.transaction("service:outcomes-service") as connection:
        for contract in contracts:
            tx = Transaction(connection, service_caller(ABOUT.service), clock.now(), clock.random_id())
            await keep_contract(tx, contract)
    await database.close()
    return [contract.contract_id for contract in contracts]


def _contract() -> ContractActivated:
    metric = {
        "code": "employed",
        "name": "In employment",
        "subject": "participant",
        "unit": "outcome",
        "reports": "units",
        "reportedBy": PROVIDER,
        "verifiedBy": PAYER,
        "disputesDecidedBy": "agreement",
        "maxPaymentsPerPerson": OCCURRENCES,
    }
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
        "servicePeriod": {"start": "2024-01-01", "end": "2030-01-01"},
        "outcomePeriod": {"start": "2024-01-01", "end": "2030-01-01"},
        "claimsCloseOn": "2040-01-01",
        "effectiveFrom": "2024-01-01",
        "outcomes": {"metrics": [metric], "cohorts": [{"code": "all", "name": "All"}]},
        "payment": {"rules": []},
    }
    return shapes.read(ContractActivated, document)


@contextmanager
def _service(folder: Path, postgres: Postgres, keys_url: str) -> Iterator[int]:
    key, secret, port = folder / "key.json", folder / "order-key", free_port()
    key.write_text(json.dumps(new_private_key()))
    secret.write_bytes(clock.random_bytes(32).hex().encode())
    environment = {
        **os.environ,
        "ENZYM_ENVIRONMENT": "development",
        "ENZYM_PORT": str(port),
        "ENZYM_DATABASE_URL": postgres.url("outcomes", "outcomes_app"),
        "ENZYM_KEY_FILE": str(key),
        "ENZYM_ORDER_KEY_FILE": str(secret),
        "ENZYM_CONTRACTS_URL": "http://127.0.0.1:9",
        "ENZYM_TRUSTED_KEYS": json.dumps([{"owner": "gateway", "url": keys_url}]),
    }
    with process([sys.executable, "-m", "outcomes_service.app"], port, environment):
        yield port


@contextmanager
def _published(signer: Signer) -> Iterator[str]:
    """The address of the gateway's public key, for as long as the block lasts."""
    jwks = json.dumps({"keys": [signer.public_key()]}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(jwks)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
