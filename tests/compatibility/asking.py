"""Tests: a service's real app on a real database of its own, asked as anybody, at an instant that a test says."""

import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from services.kit.app import About
from services.kit.local.postgres import Postgres
from services.kit.process.caller import Caller
from services.kit.process.settings import ServiceSettings
from services.kit.testing import Doors, Urls, a_caller, make_database, new_key, open_doors

from .masked import masked

PAYER, INVESTOR, PROVIDER, EVALUATOR, GUARANTOR = (
    "0088:9521000000018",
    "0088:9521000000025",
    "0088:9521000000032",
    "0088:9521000000049",
    "0184:12345674",
)
NDJSON = "application/x-ndjson"


@dataclass(frozen=True)
class Kept:
    """One answer: of which service and about what, and what was asked."""

    name: str
    method: str
    path: str
    answer: httpx.Response

    def raw(self) -> bytes:
        """As it is kept: what was asked, the status, the headers in their order, and the body."""
        head = b"".join(b"%s: %s\n" % header for header in self.answer.headers.raw)
        asked = f"{self.method} {self.path}\n{self.answer.status_code}\n".encode()
        return masked(asked + head + b"\n" + self.answer.content)


@dataclass
class Clock:
    """The time: as it is set."""

    instant: datetime = datetime(2026, 6, 1, 12, 0, 0, 123456, UTC)

    def now(self) -> datetime:
        return self.instant

    def wait(self, days: int) -> None:
        """So many days go by."""
        self.instant += timedelta(days=days)


@dataclass
class Asked:
    """A service behind its doors, and the answers of it that are kept."""

    service: str
    doors: Doors
    urls: Urls
    clock: Clock
    kept: list[Kept] = field(default_factory=list)

    async def get(self, by: str, path: str, keep: str = "", **headers: str) -> httpx.Response:
        """Reads."""
        client = self.doors.as_(_caller(by))
        return self._kept(keep, await client.get(path, headers=_named(headers)))

    async def post(
        self, by: str, path: str, body: Any, keep: str = "", on: Any = None, status: int | None = None, **headers: str
    ) -> httpx.Response:
        """Sends a command, on the revision that was read."""
        condition = {} if on is None else {"if-match": f'"{on}"'}
        client = self.doors.as_(_caller(by))
        answer = await client.post(path, json=body, headers={**new_key(), **condition, **_named(headers)})
        if status is not None:
            assert answer.status_code == status, f"{path}: {answer.text}"
        return self._kept(keep, answer)

    async def put(self, by: str, path: str, body: Any, keep: str, on: Any) -> httpx.Response:
        """Replaces what was read."""
        client = self.doors.as_(_caller(by))
        return self._kept(keep, await client.put(path, json=body, headers={"if-match": f'"{on}"'}))

    async def upload(self, by: str, path: str, rows: list[Any], keep: str) -> list[Any]:
        """Sends rows; a text is a line as it stands. Returns the result lines."""
        sent = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
        client = self.doors.as_(_caller(by))
        answer = await client.post(path, content=sent.encode(), headers={"content-type": NDJSON})
        return [json.loads(line) for line in self._kept(keep, answer).text.splitlines()]

    async def ask(self, client: httpx.AsyncClient, path: str, keep: str) -> httpx.Response:
        """Reads as somebody else: another service, or nobody."""
        return self._kept(keep, await client.get(path))

    def _kept(self, keep: str, answer: httpx.Response) -> httpx.Response:
        if keep:
            asked = answer.request
            path = asked.url.raw_path.decode()
            self.kept.append(Kept(f"{self.service}, {keep}", asked.method, path, answer))
        return answer


def _caller(organisation: str) -> Caller:
    """A person, but of an investor a system."""
    return a_caller(organisation, actor="system" if organisation == INVESTOR else "person")


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def a_postgres() -> Iterator[Postgres]:
    """A real PostgreSQL for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder) / "postgres", fsync="off")
        server.start()
        try:
            yield server
        finally:
            server.remove()


@asynccontextmanager
async def asked(
    server: Postgres, about: About, settings: type[ServiceSettings], peers: tuple[str, ...], **more: Any
) -> AsyncIterator[Asked]:
    """A service as it was never asked before, on a database of its own. `peers` are services whose signature it takes;
    `more` are settings of its own."""
    urls = await make_database(server, about.service.removesuffix("-service"), about.folder)
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        async with open_doors(about, settings, urls, Path(folder), now=clock.now, peers=peers, **more) as doors:
            yield Asked(about.service, doors, urls, clock)
