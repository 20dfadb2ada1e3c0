"""Kit: every refusal and failure is a problem document, and none repeats what was sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Header, HTTPException, Query
from fastapi.responses import StreamingResponse
from starlette.types import Message, Scope

from services.core import errors
from services.core.errors import EnzymError, FieldError
from services.kit.doors import problems
from services.kit.doors.problems import AnswerUnexpected, problem, status_of
from services.kit.doors.shapes import Day, Shape

ID = UUID("0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a60")
SENT = "211062-5629"
FIELDS = {"type", "title", "status", "detail", "instance", "code", "correlationId", "errors"}


class Weight(Shape):
    """A body."""

    grams: int
    on: Day


def an_app() -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    problems.install(app)

    @app.post("/weights/{number}")
    async def weigh(number: int, body: Weight, limit: int = Query(5, le=500), if_match: int = Header(1)) -> Weight:
        return body

    @app.get("/broken")
    async def broken() -> None:
        try:
            raise ValueError(SENT)
        except ValueError as error:
            raise RuntimeError(SENT) from error

    @app.get("/not-as-agreed")
    async def not_as_agreed() -> None:
        raise errors.Broken(SENT)

    @app.get("/teapot/{status}")
    async def teapot(status: int) -> None:
        raise HTTPException(status, SENT)

    @app.get("/cut")
    async def cut() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            await asyncio.sleep(0)
            raise RuntimeError(SENT)

        return StreamingResponse(pieces())

    return app


@pytest.fixture
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(an_app()), base_url="http://service")


def read(answer: httpx.Response) -> dict[str, Any]:
    """The document, after what holds for all of them."""
    document: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert set(document) == FIELDS
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:enzym:error:{document['code']}"
    assert document["instance"] == f"urn:uuid:{document['correlationId']}"
    assert document["title"]
    assert document["detail"]
    assert SENT not in answer.text
    return document


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Malformed(), 400),
        (errors.Unauthenticated(), 401),
        (errors.Forbidden(), 403),
        (errors.NotFound(), 404),
        (errors.NotAcceptable(), 406),
        (errors.Conflict(), 409),
        (errors.StaleVersion(), 412),
        (errors.TooLarge(), 413),
        (errors.UnsupportedMedia(), 415),
        (errors.Invalid(), 422),
        (errors.VersionRequired(), 428),
        (errors.Unavailable(), 503),
        (errors.Broken(), 500),
        (EnzymError(), 500),
    ],
)
def test_the_class_of_an_error_is_its_status(error: EnzymError, status: int) -> None:
    assert status_of(error) == status
    answer = problem(error, ID)
    document = json.loads(bytes(answer.body))
    assert (answer.status_code, document["status"], document["code"]) == (status, status, error.code)
    assert document["correlationId"] == str(ID)


def test_a_concrete_error_has_the_status_of_its_family_and_a_code_of_its_own() -> None:
    class ContractNotActive(errors.Conflict):
        code = "contract-not-active"

    error = ContractNotActive("Activate it first.", [FieldError("/a/0", "x", "Allowed is y.")])
    document = json.loads(bytes(problem(error, ID).body))
    assert (document["status"], document["code"], document["detail"]) == (
        409,
        "contract-not-active",
        "Activate it first.",
    )
    assert document["errors"] == [{"pointer": "/a/0", "code": "x", "detail": "Allowed is y."}]


def test_who_may_try_again_is_told_when_and_who_is_unknown_how() -> None:
    assert problem(errors.Unavailable(retry_after_seconds=7), ID).headers["retry-after"] == "7"
    assert problem(errors.Unauthenticated(), ID).headers["www-authenticate"] == 'Bearer realm="enzym"'


async def test_faults_are_told_by_place(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/weights/1", params={"limit": "501"}, headers={"if-match": SENT}, json={"grams": SENT, "on": 7, "more": SENT}
    )
    document = read(answer)
    assert (document["status"], document["code"]) == (422, "shape-not-allowed")
    assert {fault["pointer"] for fault in document["errors"]} == {"?limit", "if-match", "/grams", "/on", "/more"}
    assert all(fault["code"] and fault["detail"] for fault in document["errors"])
    (more,) = [fault["detail"] for fault in document["errors"] if fault["pointer"] == "/more"]
    assert more == "There is no such field here. Allowed here: grams, on."


async def test_what_is_missing_is_told_by_place(client: httpx.AsyncClient) -> None:
    assert [fault["pointer"] for fault in read(await client.post("/weights/1", json={}))["errors"]] == ["/grams", "/on"]
    assert [fault["pointer"] for fault in read(await client.post("/weights/1"))["errors"]] == [""]


async def test_an_address_of_another_form_does_not_exist(client: httpx.AsyncClient) -> None:
    document = read(await client.post(f"/weights/{SENT}", json={"grams": SENT}))
    assert (document["status"], document["code"], document["errors"]) == (404, "not-found", [])


async def test_json_that_cannot_be_read_is_malformed(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    document = read(await client.post("/weights/1", content="{" + SENT, headers=headers))
    assert (document["status"], document["code"]) == (400, "json-not-readable")


async def test_unknown_addresses_and_wrong_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    assert read(await client.get(f"/{SENT}"))["code"] == "not-found"
    answer = await client.delete("/weights/1")
    assert read(answer)["code"] == "method-not-allowed"
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "malformed"), (413, "too-large"), (418, "malformed"), (500, "internal-error"), (503, "unavailable")],
)
async def test_what_the_framework_refuses_is_told_in_our_words(
    client: httpx.AsyncClient, status: int, code: str
) -> None:
    document = read(await client.get(f"/teapot/{status}"))
    assert document["code"] == code


@pytest.mark.parametrize("path", ["/broken", "/not-as-agreed"])
async def test_what_nobody_foresaw_says_nothing_of_itself(
    client: httpx.AsyncClient, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    document = read(await client.get(path))
    assert (document["status"], document["code"]) == (500, "internal-error")
    logged = "".join(capfd.readouterr())
    assert document["correlationId"] in logged
    assert SENT not in logged


async def test_an_answer_that_breaks_in_the_middle_is_cut_and_not_ended(capfd: pytest.CaptureFixture[str]) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(5)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": "/cut", "query_string": b"", "headers": [], "state": {}}
    await AnswerUnexpected(an_app())(scope, receive, send)
    assert [message.get("more_body") for message in sent] == [None, True]
    assert SENT not in "".join(capfd.readouterr())
