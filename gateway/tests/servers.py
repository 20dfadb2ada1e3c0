"""Tests: the servers around the gateway: a service of the tests' own, an issuer, and the gateway itself."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from joserfc.jwk import ECKey
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.unreadable import Protocol
from gateway.app import Gateway
from services.kit.doors.keys import Signer, new_private_key
from services.kit.doors.serving import configured
from services.kit.process import clock

ISSUER = "https://login.example"
PERSON = "0184:13585628"
CONTRACT = "/v1/contracts/0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a60"
CLAIMS = f"{CONTRACT}/claims"
CLAIM = "/v1/claims/0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a61"
ROWS = {"content-type": "application/x-ndjson"}


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of `app` behind a real server on the loopback interface, for as long as the block lasts."""
    config = configured(app, "", 0, Protocol) if isinstance(app, Gateway) else _plain(app)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def _plain(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(app, access_log=False, log_config=None, ws="none", server_header=False)


@dataclass
class Issuer:
    """Whoever signs the tokens of clients. `published` stands at /keys; nobody answers there while `down`."""

    jwk: dict[str, Any] = field(default_factory=new_private_key)
    second: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    published: list[Mapping[str, Any]] = field(default_factory=list)
    asked: int = 0
    down: bool = False

    def __post_init__(self) -> None:
        self.published.append(Signer(self.jwk).public_key())
        self.published.append({**self.second.as_dict(private=False), "kid": self.second.thumbprint()})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Those of a person who may do everything, with some changed and those that are None left out."""
        now = int(clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "sub": "anna",
            "org": PERSON,
            "permissions": "read draft sign enrol report verify prepare approve confirm".split(),  # noqa: SIM905
            "actor": "person",
            "client_id": "erp",
            "aud": "enzym",
            "iat": now,
            "exp": now + 600,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *permissions: str, **changes: Any) -> str:
        """A token, with these permissions alone if any are named."""
        if permissions:
            changes["permissions"] = list(permissions)
        return Signer(self.jwk).sign(self.claims(**changes))

    def bearer(self, *permissions: str, **changes: Any) -> dict[str, str]:
        """The header with that token."""
        return {"Authorization": f"Bearer {self.token(*permissions, **changes)}"}

    def app(self) -> FastAPI:
        """Serves the keys."""
        app = FastAPI()

        @app.get("/keys")
        async def keys() -> Response:
            self.asked += 1
            return Response(status_code=500) if self.down else Response(json.dumps({"keys": self.published}))

        return app


@dataclass
class Service:
    """The service behind the gateway: says back what it was asked, unless told otherwise by the query.
    `seen` are the bodies' sizes as they arrive; `hung` is set when a request is left without an answer, and `left`
    when the gateway gave one up."""

    seen: list[int] = field(default_factory=list)
    asked: int = 0
    hung: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)

    def app(self) -> FastAPI:
        """Any path, any method."""
        app = FastAPI()

        @app.api_route("/{path:path}", methods=["GET", "POST", "PUT"])
        async def anything(request: Request) -> Response:
            self.asked += 1
            act = getattr(self, "_" + request.query_params.get("act", "tell"))
            answer: Response = await act(request)
            return answer

        return app

    async def _tell(self, request: Request) -> Response:
        body = await request.body()
        told = {
            "method": request.method,
            "path": request.scope["raw_path"].decode(),
            "query": request.scope["query_string"].decode(),
            "headers": [[name.decode(), value.decode("latin-1")] for name, value in request.scope["headers"]],
            "body": body.decode("latin-1"),
        }
        headers = {"ETag": '"7"', "Content-Digest": "sha-256=:x:", "Idempotency-Replayed": "true", "Server": "secret"}
        return Response(json.dumps(told), headers=headers, media_type="application/json")

    async def _count(self, request: Request) -> Response:
        """Reads to the end; the number of bytes."""
        size = 0
        async for piece in request.stream():
            size += len(piece)
            self.seen.append(len(piece))
        return Response(str(size))

    async def _echo(self, request: Request) -> Response:
        """Answers each piece as it comes."""
        return _Echo(self.seen)

    async def _refuse(self, request: Request) -> Response:
        """Answers before the body was read."""
        return Response('{"code":"role-not-allowed"}', 403, media_type="application/problem+json")

    async def _large(self, request: Request) -> Response:
        """So many pieces of 64 KiB as `pieces` says."""

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(int(request.query_params["pieces"])):
                yield b"x" * 65536

        return StreamingResponse(pieces())

    async def _die(self, request: Request) -> Response:
        """Ends the connection in the middle of a long answer, or of a short one if `length` is given."""

        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            raise ConnectionAbortedError

        length = request.query_params.get("length")
        return StreamingResponse(pieces(), headers={"content-length": length} if length else None)

    async def _moved(self, request: Request) -> Response:
        return Response(status_code=201, headers={"Location": request.query_params["to"]})

    async def _hang(self, request: Request) -> Response:
        """Answers nothing until the gateway goes."""
        self.hung.set()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self.left.set()
        return Response()

    async def _trickle(self, request: Request) -> Response:
        """Answers without end until the gateway goes."""

        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    await asyncio.sleep(0)
                    yield b"x" * 65536
            finally:
                self.left.set()

        return StreamingResponse(pieces())

    async def _empty(self, request: Request) -> Response:
        return Response(status_code=int(request.query_params["status"]))


class _Echo(Response):
    """Each piece of the body, as soon as it is here. (Starlette's streaming answers would read the body's pieces
    themselves while they look whether the client is still there.)"""

    def __init__(self, seen: list[int]) -> None:
        super().__init__()
        self.seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        more = True
        while more:
            message = await receive()
            self.seen.append(len(message.get("body", b"")))
            await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": True})
            more = message.get("more_body", False)
        await send({"type": "http.response.body"})


@asynccontextmanager
async def speaking(address: str, head: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which `head`, lines without their ends, was sent as the head of a request."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [line.strip(" ") for line in head.strip().split("\n")]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def trusting(login: str) -> dict[str, Any]:
    """The settings' row of the issuer whose keys stand at `login`."""
    return {"issuer": ISSUER, "jwksUrl": f"{login}/keys", "algorithms": ["Ed25519", "ES256"]}


def write_keys(folder: Path, count: int) -> list[Path]:
    """So many private keys, each in a file."""
    paths = [folder / f"key-{number}.jwk" for number in range(count)]
    for path in paths:
        path.write_text(json.dumps(new_private_key()))
    return paths
