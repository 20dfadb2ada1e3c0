"""Tests: ingestion on a real database, behind its doors."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from outcomes_service.app import ABOUT
from outcomes_service.consumers.contracts import HANDLERS
from outcomes_service.settings import Settings
from outcomes_service.worker import end_overdue
from services.clients.registry import Registry
from services.events.contracts import ContractTerminated
from services.events.envelope import Envelope
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from services.kit.facts.inbox import Taken
from services.kit.process import clock
from services.kit.process.caller import service_caller
from services.kit.testing import Doors, Urls, a_caller, as_admin, new_key, open_doors

from .builders import PROVIDER, activated, an_enrolment, lines

NDJSON = "application/x-ndjson"


class Clock:
    """The time, which a test may move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return clock.now() + self.ahead


@dataclass
class Uploaded:
    """The answer to an upload: result lines, and the counts at its end."""

    results: list[dict[str, Any]]
    summary: dict[str, int]

    def kinds(self) -> list[str]:
        return [row["result"] for row in self.results]

    def codes(self) -> list[str | None]:
        return [row.get("code") for row in self.results]


def envelope_of(fact: Any, sequence: int = 1) -> Envelope:
    """A fact of the registry as it travels."""
    return Envelope(
        id=clock.new_id(),
        type=fact.declaration.type,
        source=fact.declaration.source,
        aggregate=str(fact.contract_id),
        sequence=sequence,
        time=clock.now(),
        correlation_id=clock.random_id(),
        body=shapes.text(fact),
    )


class Ingestion:
    """What happens to this service: facts of the registry, and requests of the parties."""

    def __init__(self, doors: Doors, urls: Urls, worker: Database, clock: Clock) -> None:
        self.doors, self.urls, self.worker, self.clock = doors, urls, worker, clock

    async def take(self, fact: Any) -> None:
        """A fact of the registry, as its consumer takes it."""
        envelope = envelope_of(fact)
        async with self.worker.transaction("service:outcomes-service") as connection:
            tx = Transaction(connection, service_caller("outcomes-service"), clock.now(), envelope.correlation_id)
            await HANDLERS[type(fact)](tx, [Taken(envelope, fact)])

    async def contract(self, people: int = 0, **terms: Any) -> str:
        """The path of a new contract, with so many people enrolled."""
        fact = activated(**terms)
        await self.take(fact)
        path = f"/v1/contracts/{fact.contract_id}"
        if people:
            rows = [an_enrolment(number) for number in range(1, people + 1)]
            assert (await self.upload(PROVIDER, f"{path}/participants", rows)).summary["created"] == people
        return path

    async def terminate(self, contract: str, on: str) -> None:
        """The registry tells that a contract ended early."""
        await self.take(
            ContractTerminated(contract_id=UUID(contract.rpartition("/")[2]), terminated_on=date.fromisoformat(on))
        )

    async def wait(self, days: int) -> bool:
        """So many days go by, and the background process looks for what has waited too long. Says whether there is
        more to do."""
        self.clock.ahead += timedelta(days=days)
        return await end_overdue(self.worker, self.clock.now)

    async def get(self, organisation: str, path: str, **query: Any) -> httpx.Response:
        """Reads."""
        return await self.doors.as_(a_caller(organisation)).get(path, params=query)

    async def post(
        self, organisation: str, path: str, body: Any, version: int | None = None, key: dict[str, str] | None = None
    ) -> httpx.Response:
        """Sends a command, on the version that was read."""
        condition = {} if version is None else {"If-Match": f'"{version}"'}
        headers = {**(key or new_key()), **condition}
        return await self.doors.as_(a_caller(organisation)).post(path, json=body, headers=headers)

    async def send(self, organisation: str, path: str, body: Any, content_type: str = NDJSON) -> httpx.Response:
        """Sends a body as it is."""
        client = self.doors.as_(a_caller(organisation))
        return await client.post(path, content=body, headers={"Content-Type": content_type})

    async def upload(self, organisation: str, path: str, rows: Iterable[Any]) -> Uploaded:
        """Sends rows, and reads the results."""
        answer = await self.send(organisation, path, lines(rows))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == NDJSON
        *results, last = [json.loads(line) for line in answer.text.splitlines()]
        return Uploaded(results, last["summary"])

    async def facts(self, path: str) -> list[dict[str, Any]]:
        """What was told of a contract: the last part of each type, and the body."""
        statement = "select sequence, type, body::text, fact_id from fact left join fact_unpublished on fact_id = id"
        rows = await as_admin(self.urls, f"{statement} where aggregate = $1 order by id", path.rpartition("/")[2])
        assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
        assert all(row["fact_id"] for row in rows)
        return [{"type": row["type"].removeprefix("eu.enzym."), **json.loads(row["body"])} for row in rows]


def refused(answer: httpx.Response, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    """The problem document, when the answer is this refusal."""
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if pointer is not None:
        assert pointer in [fault["pointer"] for fault in problem["errors"]], answer.text
    return problem


@pytest.fixture(scope="session")
async def urls(new_database: Callable[[str, Path | None], Awaitable[Urls]]) -> Urls:
    """A database of ingestion; tests keep apart by contract."""
    return await new_database("outcomes", ABOUT.folder)


@pytest.fixture(scope="session")
def session_clock() -> Clock:
    """The clock of the HTTP process."""
    return Clock()


@pytest.fixture(scope="session")
async def doors(urls: Urls, session_clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """The HTTP process, beside a registry that knows no contract."""
    folder = tmp_path_factory.mktemp("outcomes")
    secret = folder / "order-key"
    secret.write_text("0123456789abcdef" * 4)
    async with open_doors(
        ABOUT,
        Settings,
        urls,
        folder,
        now=session_clock.now,
        peers=("settlement-service",),
        contracts_url="http://registry.invalid",
        order_key_file=secret,
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
async def worker(urls: Urls) -> AsyncIterator[Database]:
    """The database, as the background process."""
    database = Database(urls.worker, application="tests")
    yield database
    await database.close()


@pytest.fixture
async def ingestion(doors: Doors, urls: Urls, worker: Database, session_clock: Clock) -> AsyncIterator[Ingestion]:
    """The service, at the present time, beside a registry that knows no contract."""
    registry = httpx.MockTransport(lambda _: httpx.Response(404))
    http = httpx.AsyncClient(transport=registry, base_url="http://registry.invalid")
    doors.app.state.registry = Registry(http, "claims are taken from then on")
    yield Ingestion(doors, urls, worker, session_clock)
    session_clock.ahead = timedelta()
