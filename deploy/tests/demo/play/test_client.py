"""Tests: the demo's client: patient with what is not now, definite about what is no, and never doing things twice."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from deploy.demo.play.client import Client, NotReachable, Refused
from deploy.demo.play.tokens import Tokens

SUMMARY = {"summary": {"created": 2, "replayed": 0, "refused": 0, "failed": 0}}
ROWS = [{"externalId": "a"}, {"externalId": "b"}]


def problem(status: int, **headers: str) -> httpx.Response:
    """A refusal as services give it."""
    fault = {"pointer": "/a", "code": "x", "detail": "Something else."}
    document = {"code": "some-code", "detail": "No.", "errors": [fault]}
    return httpx.Response(status, json=document, headers={name.replace("_", "-"): v for name, v in headers.items()})


def lines(*rows: object) -> httpx.Response:
    """Result lines of an upload."""
    return httpx.Response(200, content="".join(json.dumps(row) + "\n" for row in rows).encode())


class Scripted:
    """A gateway that answers as it is told, one request after the other, and remembers what it was sent."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = iter(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def talking() -> Iterator[Callable[..., tuple[Client, Scripted]]]:
    """Makes a client of a scripted gateway."""
    opened: list[httpx.Client] = []

    def make(*answers: httpx.Response | Exception, patience: float = 30) -> tuple[Client, Scripted]:
        scripted = Scripted(*answers)
        opened.append(httpx.Client(base_url="http://gateway", transport=httpx.MockTransport(scripted)))
        return Client(opened[-1], lambda: "token", "run-1", patience), scripted

    yield make
    for http in opened:
        http.close()


Talking = Callable[..., tuple[Client, Scripted]]


def test_a_command_is_sent_again_with_the_same_key_and_body_until_it_is_answered(talking: Talking) -> None:
    client, gateway = talking(
        httpx.ConnectError("down"),
        problem(503, Retry_After="0"),
        problem(409, Retry_After="0"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(201, json={"id": "x"}),
    )
    assert client.post("/v1/things", {"a": 1}, step="make", etag='"3"').content == {"id": "x"}
    requests = {
        (request.headers["idempotency-key"], request.headers["if-match"], request.content)
        for request in gateway.requests
    }
    assert requests == {("run-1-make", '"3"', b'{"a": 1}')}
    assert len(gateway.requests) == 5


def test_a_definite_no_is_said_with_its_reason_and_not_asked_again(talking: Talking) -> None:
    client, gateway = talking(problem(409))
    with pytest.raises(Refused, match="some-code") as caught:
        client.post("/v1/things", {}, step="make")
    assert "/a: Something else." in str(caught.value)
    assert len(gateway.requests) == 1


def test_patience_ends(talking: Talking) -> None:
    client, _ = talking(problem(503, Retry_After="3"), patience=1)
    with pytest.raises(NotReachable, match="503"):
        client.get("/v1/things")


def test_a_cut_upload_is_sent_again_whole(talking: Talking) -> None:
    cut = lines({"line": 1, "result": "created", "id": "1"})
    told = [{"line": n, "result": "replayed"} for n in (1, 2)]
    client, gateway = talking(cut, lines(*told, SUMMARY))
    counted: list[int] = []
    uploaded = client.upload("/v1/claims", ROWS, counted.append)
    assert uploaded.not_taken == ()
    assert [request.content for request in gateway.requests] == [b'{"externalId": "a"}\n{"externalId": "b"}\n'] * 2
    assert counted == [1, 1, 2]
    assert "idempotency-key" not in gateway.requests[0].headers


def test_rows_that_failed_through_nobodys_fault_are_sent_again(talking: Talking) -> None:
    failed = {"summary": {"created": 1, "replayed": 0, "refused": 0, "failed": 1}}
    client, gateway = talking(lines({"line": 1, "result": "failed"}, failed), lines(SUMMARY))
    assert client.upload("/v1/claims", ROWS).summary["created"] == 2
    assert len(gateway.requests) == 2


def test_rows_that_were_refused_are_told(talking: Talking) -> None:
    refused = {"line": 2, "result": "refused", "code": "unknown-metric"}
    client, _ = talking(lines({"line": 1, "result": "created"}, refused, SUMMARY))
    assert client.upload("/v1/claims", ROWS).not_taken == (refused,)


def test_a_list_is_read_to_its_end(talking: Talking) -> None:
    first = httpx.Response(200, json={"items": [1, 2], "nextCursor": "c"})
    client, gateway = talking(first, httpx.Response(200, json={"items": [3]}))
    assert list(client.every("/v1/things?state=x")) == [1, 2, 3]
    assert gateway.requests[1].url.query == b"state=x&limit=500&cursor=c"


def test_a_token_is_used_until_it_is_about_to_end() -> None:
    count = 0

    def give(_: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        return httpx.Response(200, json={"access_token": f"t{count}", "expires_in": 3600 if count == 1 else 10})

    with httpx.Client(base_url="http://issuer", transport=httpx.MockTransport(give)) as http:
        long = Tokens(http, "provider")
        assert [long(), long()] == ["t1", "t1"]
        short = Tokens(http, "provider")
        assert [short(), short()] == ["t2", "t3"]
