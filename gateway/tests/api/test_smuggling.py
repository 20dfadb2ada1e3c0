"""Door: requests that two servers might read differently."""

import asyncio
import json

import pytest

from ..servers import CLAIM, Issuer, Service, speaking

HIDDEN = b"0\r\n\r\nGET /internal/facts HTTP/1.1\r\nHost: x\r\n\r\n"
DOUBLE = {
    "length and chunks": "Content-Length: 4\nTransfer-Encoding: chunked",
    "chunks and length": "Transfer-Encoding: chunked\nContent-Length: 4",
    "two lengths": "Content-Length: 4\nContent-Length: 5",
    "a list of lengths": "Content-Length: 4, 5",
    "a length with a sign": "Content-Length: +4",
    "a length in hex": "Content-Length: 0x4",
    "chunks, misspelt": "Transfer-Encoding: xchunked\nContent-Length: 4",
    "chunks in the wrong place": "Transfer-Encoding: chunked, identity",
    "space before the colon": "Content-Length : 4",
    "a bare carriage return": "X-A: b\rContent-Length: 4",
}


async def status_of(address: str, head: str, body: bytes = b"") -> bytes:
    async with speaking(address, head) as (reader, writer):
        writer.write(body)
        return (await asyncio.wait_for(reader.readline(), 5))[9:12]


@pytest.mark.parametrize("how", sorted(DOUBLE))
async def test_a_request_of_two_meanings_never_reaches_a_service(
    address: str, issuer: Issuer, service: Service, how: str
) -> None:
    before = service.asked
    head = f"POST {CLAIM}/dispute HTTP/1.1\nHost: x\nAuthorization: Bearer {issuer.token()}\n{DOUBLE[how]}"
    assert await status_of(address, head, HIDDEN) == b"400"
    assert service.asked == before


async def test_what_follows_a_request_is_a_request_of_its_own(address: str, issuer: Issuer, service: Service) -> None:
    before = service.asked
    head = f"GET /v1/contracts HTTP/1.1\nHost: x\nAuthorization: Bearer {issuer.token()}\nContent-Length: 3"
    async with speaking(address, head) as (reader, writer):
        writer.write(b"abcGET /internal/facts HTTP/1.1\r\nHost: x\r\n\r\n")
        first = await asyncio.wait_for(reader.readuntil(b"HTTP/1.1 401"), 5)
    assert first.startswith(b"HTTP/1.1 200")
    assert service.asked == before + 1


@pytest.mark.parametrize(
    "path",
    ["/v1/contracts/../../internal/facts", "/v1/../internal/facts", "http://x/internal/facts", "*"],
)
async def test_no_spelling_of_a_path_leads_inside(address: str, issuer: Issuer, service: Service, path: str) -> None:
    before = service.asked
    head = f"GET {path} HTTP/1.1\nHost: x\nAuthorization: Bearer {issuer.token()}"
    assert await status_of(address, head) in (b"404", b"400")
    assert service.asked == before


@pytest.mark.parametrize("query", ["name=\xe6", "a=\x7f"])
async def test_a_query_is_plain_ascii(address: str, issuer: Issuer, service: Service, query: str) -> None:
    before = service.asked
    head = f"GET /v1/contracts?{query} HTTP/1.1\nHost: x\nAuthorization: Bearer {issuer.token()}"
    assert await status_of(address, head) == b"400"
    assert service.asked == before


async def test_nothing_is_switched_to_another_protocol(address: str, issuer: Issuer) -> None:
    for protocol in ("websocket", "h2c"):
        head = f"""GET /v1/contracts HTTP/1.1
            Host: x
            Authorization: Bearer {issuer.token()}
            Connection: Upgrade
            Upgrade: {protocol}
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="""
        assert await status_of(address, head) == b"200"


async def test_what_cannot_be_read_is_told_as_a_problem(address: str) -> None:
    async with speaking(address, "NONSENSE") as (reader, _):
        answer = await asyncio.wait_for(reader.read(), 5)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert json.loads(body)["code"] == "malformed"
    assert b"NONSENSE" not in answer


@pytest.mark.parametrize("line", ["x" * 4000, "X-A: " + "x" * 4000 + "\r\n"])
async def test_a_head_ends_some_time(address: str, line: str) -> None:
    async with speaking(address, "GET /v1/contracts HTTP/1.1\nHost: x") as (reader, writer):
        assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 401")
        await reader.readuntil(b"}")
        writer.write(b"GET /v1/contracts HTTP/1.1\r\nHost: x\r\nX-B: ")
        for _ in range(10):
            writer.write(line.encode())
        await asyncio.sleep(0.2)
        writer.write(b"x")
        answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.startswith(b"HTTP/1.1 431")
    assert b"head-too-large" in answer
