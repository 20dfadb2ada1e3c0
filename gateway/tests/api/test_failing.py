"""Door: services that are down, die or are silent, and clients that leave."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.api import proxy
from gateway.app import create_app
from gateway.settings import Settings

from ..servers import CLAIM, CLAIMS, ROWS, Issuer, Service, serving, speaking, write_keys


@pytest.fixture
async def nobody_behind(settings: Settings, issuer: Issuer, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway whose services are all down."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}"
        addresses = dict.fromkeys(("contracts_url", "outcomes_url", "settlement_url"), gone)
        own = {**settings.model_dump(by_alias=True), **addresses, "key_files": write_keys(tmp_path, 1)}
        with serving(create_app(Settings.model_validate(own))) as address:
            async with httpx.AsyncClient(base_url=address, headers=issuer.bearer(), trust_env=False) as client:
                yield client


async def test_a_service_that_is_down_is_told_with_when_to_try_again(nobody_behind: httpx.AsyncClient) -> None:
    for answer in (
        await nobody_behind.get("/v1/contracts"),
        await nobody_behind.post(f"{CLAIM}/dispute", json={}),
        await nobody_behind.post(CLAIMS, content=b"{}\n", headers=ROWS),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert "127.0.0.1" not in answer.text


async def test_the_gateway_lives_and_is_ready_without_its_services(nobody_behind: httpx.AsyncClient) -> None:
    assert (await nobody_behind.get("/livez")).status_code == 200
    assert (await nobody_behind.get("/readyz")).status_code == 200


async def test_an_answer_that_breaks_in_the_middle_is_never_taken_for_whole(anna: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await anna.get("/v1/contracts?act=die")
    with pytest.raises(httpx.RemoteProtocolError):
        await anna.get("/v1/contracts?act=die&length=99999999")
    assert (await anna.get("/v1/contracts")).status_code == 200


async def test_a_short_answer_that_breaks_is_a_problem(anna: httpx.AsyncClient) -> None:
    answer = await anna.get("/v1/contracts?act=die&length=8")
    assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")


async def test_a_service_that_says_nothing_is_given_up(
    anna: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "SILENCE_SECONDS", 0.1)
    service.left.clear()
    answer = await anna.get("/v1/contracts?act=hang")
    assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
    assert await asyncio.to_thread(service.left.wait, 10)


@pytest.mark.parametrize("act", ["hang", "trickle"])
async def test_nobody_works_on_for_a_client_that_left(address: str, issuer: Issuer, service: Service, act: str) -> None:
    service.left.clear()
    head = f"GET /v1/contracts?act={act} HTTP/1.1\nHost: x\nAuthorization: Bearer {issuer.token()}"
    async with speaking(address, head) as (reader, writer):
        if act == "trickle":
            await reader.readexactly(100_000)
        else:
            await asyncio.sleep(0.4)
        writer.transport.abort()
    assert await asyncio.to_thread(service.left.wait, 10)


async def test_an_upload_that_a_client_abandons_is_abandoned(address: str, issuer: Issuer, service: Service) -> None:
    head = f"""POST {CLAIMS}?act=hang HTTP/1.1
        Host: x
        Authorization: Bearer {issuer.token()}
        Content-Type: application/x-ndjson
        Content-Length: 1000000"""
    service.left.clear()
    service.hung.clear()
    async with speaking(address, head) as (_, writer):
        writer.write(b"x" * 1000)
        assert await asyncio.to_thread(service.hung.wait, 10)
        writer.transport.abort()
    assert await asyncio.to_thread(service.left.wait, 10)


async def test_an_upload_that_grows_too_large_is_refused_while_nothing_was_answered(
    anna: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rows() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    monkeypatch.setattr("gateway.api.bodies.BULK_LIMIT", 1024 * 1024)
    answer = await anna.post(f"{CLAIMS}?act=count", content=rows(), headers=ROWS)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert (await anna.get("/v1/contracts")).status_code == 200
