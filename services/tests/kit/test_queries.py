"""Tests: a query parameter that a route does not know is refused, and never passed over."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query

from services.kit.doors import problems
from services.kit.doors.http import StrictRoute
from services.kit.doors.ndjson import NdjsonRoute

MANY = APIRouter(route_class=NdjsonRoute)
ONE = APIRouter(route_class=StrictRoute)
SENT = "010190-1239"


@ONE.get("/weights")
async def weights(limit: int = 5, of_whom: Annotated[str, Query(alias="ofWhom")] = "") -> int:
    return limit


@ONE.post("/weights")
async def weigh(body: list[str]) -> int:
    return len(body)


@MANY.post("/weights")
async def weigh_many() -> int:
    return 0


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    problems.install(app)
    app.include_router(MANY)
    app.include_router(ONE)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")


def faults(answer: httpx.Response) -> list[tuple[str, str, str]]:
    document = answer.json()
    assert (answer.status_code, document["code"]) == (422, "shape-not-allowed")
    assert SENT not in answer.text
    return [(fault["pointer"], fault["code"], fault["detail"]) for fault in document["errors"]]


async def test_it_is_named_with_those_that_there_are(client: httpx.AsyncClient) -> None:
    allowed = "There is no such query parameter here. Allowed here: limit, ofWhom."
    answer = await client.get("/weights?limit=1&Limit=2&offset=3&offset=4")
    assert faults(answer) == [("?Limit", "parameter-unknown", allowed), ("?offset", "parameter-unknown", allowed)]


async def test_a_name_that_might_be_of_a_person_is_not_told_again(client: httpx.AsyncClient) -> None:
    for query in (SENT, f"{SENT}=1", "x" * 41, "%00=1", "=1"):
        assert [pointer for pointer, _, _ in faults(await client.get(f"/weights?{query}=1"))] == ["?"]


async def test_what_is_known_is_taken(client: httpx.AsyncClient) -> None:
    assert (await client.get("/weights?limit=7&ofWhom=me")).json() == 7
    assert (await client.get("/weights")).json() == 5


async def test_one_that_stands_twice_is_refused(client: httpx.AsyncClient) -> None:
    once = "Each query parameter may stand once."
    answer = await client.get("/weights?limit=7&ofWhom=me&limit=8&limit=9")
    assert faults(answer) == [("?limit", "parameter-twice", once)]
    assert faults(await client.get(f"/weights?ofWhom={SENT}&ofWhom=")) == [("?ofWhom", "parameter-twice", once)]


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
async def test_who_sends_something_is_told_too(client: httpx.AsyncClient, media_type: str) -> None:
    answer = await client.post("/weights?dryRun=true", content="[]", headers={"content-type": media_type})
    told = "There is no such query parameter here. This address takes none."
    assert faults(answer) == [("?dryRun", "parameter-unknown", told)]
