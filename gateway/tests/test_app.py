"""App: what the gateway answers itself, its settings, and the process from start to end."""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from gateway.settings import Settings

from .servers import Issuer, write_keys


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_health_asks_for_no_token(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_two_internal_keys_are_public_and_only_their_public_halves(client: httpx.AsyncClient) -> None:
    keys = (await client.get("/.well-known/internal-jwks.json")).json()["keys"]
    assert len({key["kid"] for key in keys}) == 2
    assert all(key["crv"] == "Ed25519" and "d" not in key for key in keys)


async def test_the_description_is_open_and_says_where_it_is_served(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    answer = await client.get("/v1/openapi.json")
    document = answer.json()
    assert (answer.status_code, document["openapi"]) == (200, "3.1.0")
    assert document["servers"] == [{"url": settings.public_url}]
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert document["info"]["version"] == (await client.get("/v1/contracts")).headers["api-version"]


async def test_its_own_addresses_take_no_other_method(client: httpx.AsyncClient) -> None:
    answer = await client.post("/livez")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert (answer.headers["allow"], answer.headers["cache-control"]) == ("GET", "no-store")
    assert answer.headers["x-correlation-id"] == answer.json()["correlationId"]


@pytest.mark.parametrize("path", ["/livez", "/v1/openapi.json", "/.well-known/internal-jwks.json"])
async def test_its_own_addresses_take_no_query(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"{path}?format=yaml")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["?format"]


def told(folder: Path, **changes: Any) -> dict[str, Any]:
    issuer = {"issuer": "https://login.example", "jwksUrl": "https://login.example/keys", "algorithms": ["ES256"]}
    return {"issuers": [issuer], "key_files": write_keys(folder, 1), **changes}


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "dir"])
def test_only_asymmetric_algorithms_can_be_configured(tmp_path: Path, algorithm: str) -> None:
    issuer = {"issuer": "x", "jwksUrl": "https://x/keys", "algorithms": [algorithm]}
    with pytest.raises(ValidationError):
        Settings.model_validate(told(tmp_path, issuers=[issuer]))


def test_in_production_keys_come_over_https_alone(tmp_path: Path) -> None:
    Settings.model_validate(told(tmp_path))
    issuer = {"issuer": "x", "jwksUrl": "http://x/keys", "algorithms": ["ES256"]}
    with pytest.raises(ValidationError, match="https"):
        Settings.model_validate(told(tmp_path, issuers=[issuer]))
    Settings.model_validate(told(tmp_path, issuers=[issuer], environment="development"))


@pytest.mark.parametrize("missing", ["issuers", "key_files"])
def test_what_nobody_can_guess_has_no_default(tmp_path: Path, missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        Settings.model_validate(told(tmp_path, **{missing: []}))


async def test_the_process_serves_says_that_it_leaves_finishes_and_ends_with_nothing(
    issuer: Issuer, settings: Settings, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ENZYM_")},
        "ENZYM_ENVIRONMENT": "development",
        "ENZYM_PORT": str(port),
        "ENZYM_LEAVE_AFTER_SECONDS": "1",
        "ENZYM_ISSUERS": json.dumps([issuer.model_dump(by_alias=True) for issuer in settings.issuers]),
        "ENZYM_KEY_FILES": json.dumps([str(path) for path in settings.key_files]),
        "ENZYM_CONTRACTS_URL": settings.contracts_url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.app", env=variables, stderr=asyncio.subprocess.PIPE
    )
    try:
        transport = httpx.AsyncHTTPTransport(retries=6)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", transport=transport, trust_env=False, timeout=20
        ) as client:
            assert (await client.get("/readyz")).status_code == 200
            assert (await client.get("/v1/contracts", headers=issuer.bearer())).status_code == 200
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)
            leaving = await client.get("/readyz")
            assert (leaving.status_code, leaving.json()["code"]) == (503, "not-ready")
            assert (await client.get("/v1/contracts", headers=issuer.bearer())).status_code == 200
        _, output = await asyncio.wait_for(process.communicate(), 20)
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, output) == (0, b"")
