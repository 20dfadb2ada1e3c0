"""Door: how large a body may be, and that uploads flow both ways without being kept."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest

from gateway.policy import BULK_LIMIT, MIB

from ..servers import CLAIM, CLAIMS, CONTRACT, ROWS, Issuer, Service, speaking

PIECE = b"x" * 65536


async def pieces(count: int, piece: bytes = PIECE) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield piece


async def test_an_ordinary_body_may_be_one_mebibyte_and_no_more(anna: httpx.AsyncClient) -> None:
    url = f"{CLAIM}/dispute?act=count"
    assert (await anna.post(url, content=b"x" * MIB)).text == str(MIB)
    answer = await anna.post(url, content=b"x" * (MIB + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert str(MIB) in answer.json()["detail"]


async def test_a_body_that_does_not_say_its_length_is_measured(anna: httpx.AsyncClient) -> None:
    url = f"{CLAIM}/dispute?act=count"
    assert (await anna.post(url, content=pieces(16))).text == str(MIB)
    answer = await anna.post(url, content=pieces(17))
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize("url", [f"{CONTRACT}/terms?act=count", "/v1/contracts?act=count"])
async def test_terms_may_be_half_a_mebibyte(anna: httpx.AsyncClient, url: str) -> None:
    assert (await anna.post(url, content=pieces(8))).text == str(MIB // 2)
    assert (await anna.post(url, content=pieces(9))).status_code == 413


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "", "application/x-ndjson-x"])
async def test_what_is_not_rows_is_small_everywhere(anna: httpx.AsyncClient, media_type: str) -> None:
    answer = await anna.post(f"{CLAIMS}?act=count", content=pieces(17), headers={"content-type": media_type})
    assert answer.status_code == 413


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "text/csv; charset=utf-8", "Application/X-NDJSON"])
@pytest.mark.parametrize("sized", [True, False])
async def test_rows_flow_and_their_length_is_said_on(
    anna: httpx.AsyncClient, service: Service, media_type: str, sized: bool
) -> None:
    service.seen.clear()
    content = PIECE * 64 if sized else pieces(64)
    answer = await anna.post(f"{CLAIMS}?act=count", content=content, headers={"content-type": media_type})
    assert answer.text == str(64 * len(PIECE))
    assert len(service.seen) > 8
    told = (await anna.post(CLAIMS, content=b"{}\n" if sized else pieces(1, b"{}\n"), headers=ROWS)).json()
    heard = dict(told["headers"])
    assert told["body"] == "{}\n"
    assert (heard.get("content-length"), heard.get("transfer-encoding")) == (
        ("3", None) if sized else (None, "chunked")
    )


async def test_rows_over_the_limit_are_refused_by_what_they_say(address: str, issuer: Issuer) -> None:
    head = f"""POST {CLAIMS} HTTP/1.1
        Host: x
        Authorization: Bearer {issuer.token()}
        Content-Type: application/x-ndjson
        Content-Length: {BULK_LIMIT + 1}
        Expect: 100-continue"""
    async with speaking(address, head) as (reader, _):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(("permission", "expected"), [("report", b"HTTP/1.1 100"), ("read", b"HTTP/1.1 403")])
async def test_a_client_is_asked_for_its_body_only_when_it_may_send_it(
    address: str, issuer: Issuer, permission: str, expected: bytes
) -> None:
    head = f"""POST {CLAIMS} HTTP/1.1
        Host: x
        Authorization: Bearer {issuer.token(permission)}
        Content-Type: application/x-ndjson
        Content-Length: 3
        Expect: 100-continue"""
    async with speaking(address, head) as (reader, _):
        assert (await asyncio.wait_for(reader.readline(), 5)).startswith(expected)


async def test_a_body_that_is_packed_is_not_read(anna: httpx.AsyncClient) -> None:
    answer = await anna.post(CLAIMS, content=b"x", headers={**ROWS, "content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    answer = await anna.post(CLAIMS, content=b"{}", headers={**ROWS, "content-encoding": "identity"})
    assert answer.status_code == 200


async def test_answers_come_while_rows_are_still_sent(address: str, issuer: Issuer) -> None:
    head = f"""POST {CLAIMS}?act=echo HTTP/1.1
        Host: x
        Authorization: Bearer {issuer.token()}
        Content-Type: application/x-ndjson
        Transfer-Encoding: chunked"""
    async with speaking(address, head) as (reader, writer):
        for row in (b"first", b"second", b"third"):
            writer.write(b"%x\r\n%b\r\n" % (len(row), row))
            assert (await asyncio.wait_for(reader.readuntil(row), 10)).endswith(row)
        writer.write(b"0\r\n\r\n")
        assert await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 10)


async def test_a_refusal_before_the_body_was_read_arrives(anna: httpx.AsyncClient) -> None:
    answer = await anna.post(f"{CLAIMS}?act=refuse", content=pieces(64), headers=ROWS)
    assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")
    assert (await anna.get("/v1/contracts")).status_code == 200


async def test_memory_stays_flat_while_much_flows_both_ways(anna: httpx.AsyncClient) -> None:
    before = psutil.Process().memory_info().rss
    answer = await anna.post(f"{CLAIMS}?act=count", content=pieces(2048), headers=ROWS)
    assert answer.text == str(128 * MIB)
    size = 0
    async with anna.stream("GET", "/v1/contracts?act=large&pieces=2048") as flowing:
        async for piece in flowing.aiter_bytes():
            size += len(piece)
    assert size == 128 * MIB
    assert psutil.Process().memory_info().rss - before < 48 * MIB
