"""Tests: settlement on a real database, behind its doors, beside owners of facts that answer as they are told."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.clients.registry import Registry
from services.events import CATALOGUE
from services.events.contracts import ContractActivated
from services.events.envelope import Envelope
from services.kit.bus import Record
from services.kit.bus.binary import outgoing
from services.kit.database.database import Database
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes
from services.kit.facts.inbox import Inbox
from services.kit.facts.owners import Owners
from services.kit.process import clock
from services.kit.process.caller import service_caller
from services.kit.testing import Doors, Urls, a_caller, new_key, open_doors
from settlement_service.app import ABOUT
from settlement_service.consumers.facts import HANDLERS
from settlement_service.domain.facts.claims import Claim
from settlement_service.settings import Settings
from settlement_service.usecases.freeze_settlement import SOURCES
from settlement_service.worker import freeze_open, post_approved

from .builders import PAYER, YEAR, activated, claimed, verified


class Clock:
    """The time, which a test may move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return clock.now() + self.ahead

    def today(self) -> date:
        return self.now().date()


class Settling:
    """What happens to this service: facts of others, requests of the parties, turns of the jobs."""

    def __init__(self, doors: Doors, urls: Urls, worker: Database, clock: Clock) -> None:
        self.doors, self.urls, self.worker, self.clock = doors, urls, worker, clock
        self.sequences: dict[tuple[str, str], int] = defaultdict(int)
        self.silent: set[str] = set()
        self.inbox = Inbox(worker, ABOUT.service, CATALOGUE, HANDLERS, self._nothing_missing)
        self.owners = Owners({source: self._owner(source) for source in SOURCES})

    def envelope(self, fact: Any) -> Envelope:
        """A fact as its owner says it next."""
        declaration, aggregate = fact.declaration, str(fact.contract_id)
        self.sequences[declaration.source, aggregate] += 1
        return Envelope(
            id=clock.new_id(),
            type=declaration.type,
            source=declaration.source,
            aggregate=aggregate,
            sequence=self.sequences[declaration.source, aggregate],
            time=clock.now(),
            correlation_id=clock.random_id(),
            body=shapes.text(fact),
        )

    async def take(self, envelopes: Sequence[Envelope]) -> None:
        """Facts as the consumer takes them: together, in one transaction."""
        await self.inbox.take([a_record(envelope) for envelope in envelopes])

    async def tell(self, *facts: Any) -> None:
        """Facts are said, and arrive."""
        await self.take([self.envelope(fact) for fact in facts])

    async def verify(self, contract_id: UUID, *claims: Claim) -> None:
        """Claims are reported and found to hold."""
        await self.tell(*(fact(contract_id, claim) for claim in claims for fact in (claimed, verified)))

    async def contract(self, *claims: Claim, **terms: Any) -> ContractActivated:
        """A contract in force, with verified claims."""
        activation = activated(**terms)
        facts = (fact(activation.contract_id, claim) for claim in claims for fact in (claimed, verified))
        await self.tell(activation, *facts)
        return activation

    async def get(self, organisation: str, path: str, accept: str = "application/json", **query: Any) -> httpx.Response:
        """Reads."""
        client = self.doors.as_(a_caller(organisation))
        return await client.get(path, params=query, headers={"Accept": accept})

    async def post(
        self, organisation: str, path: str, body: Any, version: Any = None, who: str = "anna", **caller: Any
    ) -> httpx.Response:
        """Sends a command, on the version (an ETag, or a revision) that was read."""
        etag = version if isinstance(version, str) else f'"{version}"'
        headers = {**new_key(), **({} if version is None else {"If-Match": etag})}
        client = self.doors.as_(a_caller(organisation, subject=who, **caller))
        return await client.post(path, json=body, headers=headers)

    async def prepare(
        self, contract_id: UUID, kind: str = "scheduled", end: date = YEAR.end, **caller: Any
    ) -> dict[str, Any]:
        """The payer's Anna prepares a settlement; it is frozen and calculated, as everything is here."""
        body = {"kind": kind, "period": {"start": "2026-01-01", "end": end.isoformat()}}
        answer = await self.post(PAYER, f"/v1/contracts/{contract_id}/settlements", body, **caller)
        assert answer.status_code == 202, answer.text
        await self.freeze()
        shown: dict[str, Any] = (await self.get(PAYER, answer.headers["location"])).json()
        return shown

    async def settle(self, contract_id: UUID, kind: str = "scheduled", end: date = YEAR.end) -> dict[str, Any]:
        """A settlement that Anna prepared and Bo approved: posted."""
        shown = await self.approve(await self.prepare(contract_id, kind, end))
        assert shown["state"] == "approved"
        return await self.posted(shown)

    async def posted(self, shown: dict[str, Any]) -> dict[str, Any]:
        """What everybody has approved, once it is posted."""
        await self.post_approved()
        settlement: dict[str, Any] = (await self.get(PAYER, f"/v1/settlements/{shown['id']}")).json()
        assert settlement["state"] == "posted"
        return settlement

    async def approve(self, shown: dict[str, Any], who: str = "bo") -> dict[str, Any]:
        """Bo approves what is shown."""
        content = {"contentSha256": shown["contentSha256"]}
        answer = await self.post(PAYER, f"/v1/settlements/{shown['id']}/approvals", content, shown["revision"], who)
        assert answer.status_code == 200, answer.text
        approved: dict[str, Any] = answer.json()
        return approved

    async def freeze(self) -> None:
        """One turn of the job that freezes."""
        assert await freeze_open(self.worker, self.owners) == 0

    @asynccontextmanager
    async def as_worker(self) -> AsyncIterator[Transaction]:
        """A transaction of the background process."""
        caller = service_caller(ABOUT.service)
        async with self.worker.transaction(caller.organisation) as connection:
            yield Transaction(connection, caller, clock.now(), clock.random_id())

    async def post_approved(self) -> None:
        """One turn of the job that posts."""
        assert await post_approved(self.worker) == 0

    def _owner(self, source: str) -> httpx.AsyncClient:
        def answer(request: httpx.Request) -> httpx.Response:
            if source in self.silent:
                raise httpx.ConnectError("nobody there")
            aggregate = request.url.params["aggregate"]
            return httpx.Response(200, json={"aggregate": aggregate, "sequence": self.sequences[source, aggregate]})

        return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://owner.invalid")

    async def _nothing_missing(self, source: str, aggregate: str, first: int) -> list[Envelope]:
        return []


def a_record(envelope: Envelope) -> Record:
    sent = outgoing("tests", envelope)
    return Record(sent.topic, 0, envelope.sequence, sent.key, tuple(sent.headers), sent.value)


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
    """A database of settlement; tests keep apart by contract."""
    return await new_database("settlement", ABOUT.folder)


@pytest.fixture
async def app(urls: Urls) -> AsyncIterator[Database]:
    """The database as the HTTP process has it, without its queries."""
    database = Database(urls.app, application="tests")
    yield database
    await database.close()


@pytest.fixture(scope="session")
def session_clock() -> Clock:
    """The clock of the HTTP process."""
    return Clock()


@pytest.fixture(scope="session")
async def doors(urls: Urls, session_clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """The HTTP process."""
    folder = tmp_path_factory.mktemp("settlement")
    async with open_doors(
        ABOUT, Settings, urls, folder, now=session_clock.now, peers=(), contracts_url="http://registry.invalid"
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
async def worker(urls: Urls) -> AsyncIterator[Database]:
    """The database, as the background process."""
    database = Database(urls.worker, application="tests")
    yield database
    await database.close()


@pytest.fixture
async def settling(doors: Doors, urls: Urls, worker: Database, session_clock: Clock) -> AsyncIterator[Settling]:
    """The service, at the present time, beside a registry that knows no contract."""
    registry = httpx.MockTransport(lambda _: httpx.Response(404))
    http = httpx.AsyncClient(transport=registry, base_url="http://registry.invalid")
    doors.app.state.registry = Registry(http, "from then on it can be settled")
    yield Settling(doors, urls, worker, session_clock)
    session_clock.ahead = timedelta()
