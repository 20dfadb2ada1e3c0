"""Door: what passes through the proxy, in both directions, and what does not."""

import json
from uuid import UUID

import httpx
import pytest

from services.kit.doors.auth import Verifier
from services.kit.doors.keys import fetch_with
from services.kit.process.settings import TrustedKeys

from ..servers import CLAIM, CONTRACT, ISSUER, PERSON, Issuer


def headers_of(answer: httpx.Response) -> dict[str, str]:
    """What the service heard, where a header that came twice is a fault."""
    heard: list[tuple[str, str]] = answer.json()["headers"]
    assert len({name for name, _ in heard}) == len(heard)
    return dict(heard)


async def test_method_path_query_and_body_arrive_as_they_were_sent(anna: httpx.AsyncClient) -> None:
    sent = {"note": "æøå"}
    answer = await anna.post(f"{CLAIM}/dispute?limit=5&after=%C3%A6%20b", json=sent)
    told = answer.json()
    assert (told["method"], told["path"], told["query"]) == ("POST", f"{CLAIM}/dispute", "limit=5&after=%C3%A6%20b")
    assert json.loads(told["body"].encode("latin-1")) == sent
    assert headers_of(answer)["content-length"] == str(len(told["body"]))


async def test_a_command_without_a_body_is_one_of_no_length(anna: httpx.AsyncClient) -> None:
    answer = await anna.post(f"{CONTRACT}/activation")
    assert (answer.json()["body"], headers_of(answer)["content-length"]) == ("", "0")


async def test_an_organisation_may_be_percent_encoded(anna: httpx.AsyncClient) -> None:
    answer = await anna.get("/v1/organisations/0184%3A13585628")
    assert answer.json()["path"] == "/v1/organisations/0184:13585628"


async def test_the_service_hears_what_is_meant_for_it(anna: httpx.AsyncClient) -> None:
    meant = {
        "accept": "text/csv",
        "accept-language": "da",
        "content-type": "application/json; charset=utf-8",
        "idempotency-key": "k-1",
        "if-match": '"7"',
        "if-none-match": '"8"',
        "last-event-id": "9",
        "prefer": "return=minimal",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "user-agent": "erp/1.0",
    }
    heard = headers_of(await anna.post(f"{CONTRACT}/proposal", headers=meant, content=b"{}"))
    assert {name: heard[name] for name in meant} == meant


async def test_nobody_says_who_he_is_or_whence_he_came_but_the_gateway(anna: httpx.AsyncClient) -> None:
    headers = {
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=10.0.0.1",
        "X-Org": "0184:99999999",
        "X-User": "berit",
        "X-Real-IP": "10.0.0.1",
        "X-Original-URL": "/internal/facts",
        "Cookie": "session=1",
        "Proxy-Authorization": "Basic x",
        "Host": "evil.example",
        "Connection": "if-match, keep-alive",
        "Keep-Alive": "timeout=5",
        "TE": "trailers",
        "Accept-Encoding": "gzip",
        "Expect": "",
    }
    heard = headers_of(await anna.get("/v1/contracts", headers=headers))
    assert set(heard) == {"host", "accept", "user-agent", "authorization", "x-correlation-id"}
    assert heard["host"].startswith("127.0.0.1:")


async def test_the_client_token_is_exchanged_for_the_gateways_word(
    anna: httpx.AsyncClient, issuer: Issuer, address: str
) -> None:
    heard = headers_of(await anna.get("/v1/contracts", headers=issuer.bearer("read", client_id=None, azp="portal")))
    word = heard["authorization"].removeprefix("Bearer ")
    async with httpx.AsyncClient(trust_env=False) as http:
        trusted = [TrustedKeys(owner="gateway", url=f"{address}/.well-known/internal-jwks.json")]
        owner, caller = await Verifier("contracts-service", trusted, fetch_with(http)).verify(word)
    assert owner == "gateway"
    assert (caller.issuer, caller.subject, caller.organisation, caller.client) == (ISSUER, "anna", PERSON, "portal")
    assert caller.permissions == {"read"}
    assert caller.actor == "person"


async def test_the_gateways_word_is_for_one_service_and_used_again(anna: httpx.AsyncClient) -> None:
    words = [
        headers_of(await anna.get(path))["authorization"]
        for path in ("/v1/contracts", "/v1/organisations", "/v1/settlements")
    ]
    assert words[0] == words[1] != words[2]


async def test_the_correlation_id_is_kept_and_returned_once(anna: httpx.AsyncClient) -> None:
    sent = "0192F0C1-2B7E-7C3A-9A51-3D5F1E8B7A60"
    answer = await anna.get("/v1/contracts", headers={"X-Correlation-Id": sent})
    assert answer.headers.get_list("x-correlation-id") == [sent.lower()]
    assert headers_of(answer)["x-correlation-id"] == sent.lower()


@pytest.mark.parametrize("sent", ["", "x", "0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a60, x"])
async def test_a_correlation_id_of_another_form_is_replaced(anna: httpx.AsyncClient, sent: str) -> None:
    answer = await anna.get("/v1/contracts", headers={"X-Correlation-Id": sent})
    given = UUID(answer.headers["x-correlation-id"])
    assert (given.version, given.variant) == (4, "specified in RFC 4122")
    assert headers_of(answer)["x-correlation-id"] == str(given)


async def test_the_answer_comes_with_what_the_service_and_the_gateway_say_of_it(anna: httpx.AsyncClient) -> None:
    headers = (await anna.get("/v1/contracts")).headers
    assert (headers["etag"], headers["content-digest"], headers["idempotency-replayed"]) == (
        '"7"',
        "sha-256=:x:",
        "true",
    )
    assert (headers["api-version"], headers["cache-control"]) == ("1.0.0", "no-store")
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers
    assert len(headers.get_list("date")) == 1


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("/v1/contracts/1", "/v1/contracts/1"),
        ("http://contracts:8081/v1/contracts/1?x=2", "/v1/contracts/1?x=2"),
        ("https://contracts", "/"),
    ],
)
async def test_where_something_is_now_is_said_without_the_service(
    anna: httpx.AsyncClient, sent: str, told: str
) -> None:
    answer = await anna.post("/v1/organisations", params={"act": "moved", "to": sent})
    assert (answer.status_code, answer.headers["location"]) == (201, told)


@pytest.mark.parametrize("status", [200, 204, 304, 404])
async def test_answers_without_a_body_pass(anna: httpx.AsyncClient, status: int) -> None:
    answer = await anna.get("/v1/contracts", params={"act": "empty", "status": status})
    assert (answer.status_code, answer.content) == (status, b"")


async def test_a_long_answer_flows_through(anna: httpx.AsyncClient) -> None:
    answer = await anna.get("/v1/contracts", params={"act": "large", "pieces": 160})
    assert answer.content == b"x" * 65536 * 160
