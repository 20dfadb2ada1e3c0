"""Kit: asking the owner of facts for them: the door that every service has for its peers, and their side of it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, TypeAlias, TypeVar
from uuid import UUID

import httpx
from fastapi import APIRouter, Query, Request
from sqlalchemy import Text, cast, select

from services.core.errors import Broken, Invalid, Unavailable
from services.events.envelope import Envelope
from services.kit.database.tables import fact, fact_head
from services.kit.doors import shapes
from services.kit.doors.queries import KnownQueryRoute
from services.kit.doors.shapes import Shape

T = TypeVar("T", bound=Shape)

PAGE = 500

FetchMissing: TypeAlias = Callable[[str, str, int], Awaitable[list[Envelope]]]
"""(source, aggregate, first sequence wanted) -> the facts from there on, in order, at most a page of them."""

router = APIRouter(prefix="/internal", route_class=KnownQueryRoute, tags=["internal"])


class OwnerUnavailable(Unavailable):
    """The service that owns these facts does not answer as it should."""

    code = "owner-unavailable"


class OwnerNotKnown(Broken):
    """A source that nobody here knows how to ask, or an answer of it that is not as agreed."""

    code = "owner-not-known"


class SaidFact(Shape):
    """One fact as its owner keeps it. `body` is JSON text, byte for byte as it is on the bus."""

    id: UUID
    type: str
    source: str
    aggregate: str
    sequence: int
    time: datetime
    correlation_id: UUID
    body: str


class SaidFacts(Shape):
    """Facts of one aggregate, in sequence."""

    items: tuple[SaidFact, ...]


class Head(Shape):
    """The last sequence that was given to an aggregate; 0 if nothing was said of it."""

    aggregate: str
    sequence: int


@router.get("/facts")
async def read_facts(
    request: Request,
    aggregate: str,
    from_: Annotated[int, Query(alias="from", ge=1)] = 1,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> SaidFacts:
    """What this service has said of one aggregate, from a sequence on. For services only."""
    columns = (fact.c.event_id, fact.c.type, fact.c.sequence, fact.c.recorded_at, fact.c.correlation_id)
    wanted = (
        select(*columns, cast(fact.c.body, Text).label("body"))
        .where(fact.c.aggregate == aggregate, fact.c.sequence >= from_)
        .order_by(fact.c.sequence)
        .limit(limit)
    )
    async with request.app.state.database.transaction(request.state.caller.organisation) as connection:
        rows = (await connection.execute(wanted)).all()
    return SaidFacts(
        items=tuple(
            SaidFact(
                id=row.event_id,
                type=row.type,
                source=f"urn:enzym:{request.app.state.service}",
                aggregate=aggregate,
                sequence=row.sequence,
                time=row.recorded_at,
                correlation_id=row.correlation_id,
                body=row.body,
            )
            for row in rows
        )
    )


@router.get("/heads")
async def read_head(request: Request, aggregate: str) -> Head:
    """The sequence up to which a copy must have come to know all that this service has said of an aggregate. For
    services only."""
    wanted = select(fact_head.c.sequence).where(fact_head.c.aggregate == aggregate)
    async with request.app.state.database.transaction(request.state.caller.organisation) as connection:
        return Head(aggregate=aggregate, sequence=(await connection.execute(wanted)).scalar_one_or_none() or 0)


class Owners:
    """The services whose facts are copied here: `clients` by source (`urn:enzym:<service>`), each with its base
    URL, credentials and timeouts (`services.kit.doors.http.peer_client`)."""

    def __init__(self, clients: Mapping[str, httpx.AsyncClient]) -> None:
        self._clients = clients

    async def fetch_missing(self, source: str, aggregate: str, from_sequence: int) -> list[Envelope]:
        """See `FetchMissing`. Errors: `OwnerUnavailable`, `OwnerNotKnown`."""
        query = {"aggregate": aggregate, "from": str(from_sequence)}
        facts = await self._ask(SaidFacts, source, "/internal/facts", query)
        return [
            Envelope(
                id=row.id,
                type=row.type,
                source=row.source,
                aggregate=row.aggregate,
                sequence=row.sequence,
                time=row.time,
                correlation_id=row.correlation_id,
                body=row.body.encode(),
            )
            for row in facts.items
        ]

    async def head(self, source: str, aggregate: str) -> int:
        """The last sequence that `source` has said of an aggregate, 0 if none. Errors: as `fetch_missing`."""
        return (await self._ask(Head, source, "/internal/heads", {"aggregate": aggregate})).sequence

    async def _ask(self, shape: type[T], source: str, path: str, query: Mapping[str, str]) -> T:
        client = self._clients.get(source)
        if client is None:
            raise OwnerNotKnown("Nobody here knows where the source of this event is.")
        try:
            answer = await client.get(path, params=query)
        except httpx.TransportError as error:
            raise OwnerUnavailable() from error
        if answer.status_code != httpx.codes.OK:
            raise OwnerUnavailable(f"The owner of these facts answered {answer.status_code}.")
        try:
            return shapes.read_trusted(shape, answer.content)
        except Invalid as error:
            raise OwnerNotKnown("The owner's answer is not of the agreed shape.") from error
