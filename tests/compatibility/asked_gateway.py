"""Tests: the gateway behind a real server, asked for what it answers itself, and for what it passes on."""

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from gateway.api.unreadable import Protocol
from gateway.app import create_app
from gateway.policy import ORDINARY_LIMIT
from gateway.settings import Settings
from services.kit.doors.keys import Signer, new_private_key
from services.kit.doors.serving import configured
from services.kit.process import clock

from .asking import Kept

ISSUER = "https://login.example"
CONTRACT = "/v1/contracts/0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a60"
PROPOSAL = f"{CONTRACT}/proposal"
CLAIM = "/v1/claims/0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a61"
PASSED_ON = (
    b'etag: "7"\r\nlocation: /v1/contracts/x\r\nlink: <?cursor=x>; rel="next"\r\ncontent-digest: sha-256=:x:\r\n'
    b"idempotency-replayed: true\r\nserver: other\r\n"
)


async def answers() -> list[Kept]:
    """Each refusal of its own that has headers of its own, what it says of itself, and one answer of a service."""
    signer = Signer(new_private_key())
    keys = json.dumps({"keys": [signer.public_key()]}).encode()
    with tempfile.TemporaryDirectory() as folder:
        async with (
            _saying(keys) as login,
            _saying(b'{"x":1}', PASSED_ON) as service,
            _gateway(folder, login, service) as address,
        ):
            return await _asked(address, signer)


@dataclass(frozen=True)
class Request:
    """What is asked, and what it is called."""

    name: str
    path: str
    method: str = "GET"
    token: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    async def kept(self, client: httpx.AsyncClient) -> Kept:
        """With its answer."""
        bearer = {"authorization": f"Bearer {self.token}"} if self.token else {}
        headers = {"content-type": "application/json", **bearer, **self.headers}
        answer = await client.request(self.method, self.path, headers=headers, content=self.body)
        return Kept(f"gateway, {self.name}", self.method, self.path, answer)


async def _asked(address: str, signer: Signer) -> list[Kept]:
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        return [await request.kept(client) for request in _requests(signer)]


def _requests(signer: Signer) -> Iterator[Request]:
    good, reader = _token(signer), _token(signer, permissions=["read"])
    old = _token(signer, exp=int(clock.now().timestamp()) - 3600)
    yield Request("refused: no token", CONTRACT)
    yield Request("refused: a token that is none", CONTRACT, token="x.y.z")
    yield Request("refused: a token that was", CONTRACT, token=old)
    yield Request("refused: a permission is missing", PROPOSAL, "POST", reader)
    yield Request("refused: no such address", "/v1/nothing", token=good)
    yield Request("refused: no such method", CONTRACT, "DELETE", good)
    yield Request("refused: a body that is too large", PROPOSAL, "POST", good, b"x" * (ORDINARY_LIMIT + 1))
    yield Request("refused: a body that is packed", PROPOSAL, "POST", good, headers={"content-encoding": "br"})
    yield Request("refused: the service does not answer", CLAIM, token=good)
    yield Request("refused: a query that nobody knows", "/livez?colour=red")
    yield Request("what a service answers", CONTRACT, token=good)
    yield Request("/livez", "/livez")
    yield Request("/readyz", "/readyz")
    yield Request("its keys", "/.well-known/internal-jwks.json")


def _token(signer: Signer, **changes: Any) -> str:
    now = int(clock.now().timestamp())
    claims = {
        "iss": ISSUER,
        "sub": "anna",
        "org": "0088:9521000000018",
        "permissions": ["read", "draft", "sign"],
        "actor": "person",
        "client_id": "erp",
        "aud": "enzym",
        "iat": now - 7200,
        "exp": now + 600,
    }
    return signer.sign({**claims, **changes})


@asynccontextmanager
async def _gateway(folder: str, login: str, service: str) -> AsyncIterator[str]:
    """The address of the gateway, between an issuer and a service; nobody answers where the others would be."""
    key = Path(folder) / "key.jwk"
    key.write_text(json.dumps(new_private_key()))
    settings = {
        "environment": "development",
        "issuers": [{"issuer": ISSUER, "jwksUrl": f"{login}/keys", "algorithms": ["Ed25519"]}],
        "key_files": [key],
        "contracts_url": service,
        "outcomes_url": "http://127.0.0.1:1",
        "settlement_url": "http://127.0.0.1:1",
    }
    server = uvicorn.Server(configured(create_app(Settings.model_validate(settings)), "", 0, Protocol))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def _saying(body: bytes, headers: bytes = b"") -> AsyncIterator[str]:
    """The address of a server that says the same to everybody."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n%scontent-length: %d\r\n\r\n"

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head % (headers, len(body)) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
