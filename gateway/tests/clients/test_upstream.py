"""Clients: one exchange at a time over warm connections, whatever the other side does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.clients.connection import BUFFERED
from gateway.clients.upstream import (
    IDLE_SECONDS,
    Pool,
    ResponseCut,
    ServiceUnavailable,
    UploadStopped,
    UpstreamResponse,
)

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """A server that does, on its n-th connection, what the n-th of its talks says; and what it heard."""

    def __init__(self, *talks: Talk) -> None:
        self.talks = list(talks)
        self.connections = 0
        self.heads: list[bytes] = []
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = self.talks[min(self.connections, len(self.talks) - 1)]
        self.connections += 1
        try:
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
            self.ended.set()

    async def head(self, reader: asyncio.StreamReader) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))

    def answering(self, *answers: bytes) -> "Server":
        """One connection on which these are the answers, in order; then it is kept open, and silent."""

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for answer in answers:
                await self.head(reader)
                writer.write(answer)
            await reader.read()

        self.talks.append(talk)
        return self

    def hanging_up(self, *answers: bytes) -> "Server":
        """One connection on which these are the answers, and which then ends."""

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for answer in answers:
                await self.head(reader)
                writer.write(answer)
            await writer.drain()

        self.talks.append(talk)
        return self


@asynccontextmanager
async def pool_of(server: Server) -> AsyncIterator[Pool]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    pool = Pool("a-service", f"http://127.0.0.1:{port}")
    try:
        yield pool
    finally:
        pool.close()
        listening.close()
        await listening.wait_closed()
        await asyncio.sleep(0)


async def ask(pool: Pool, method: str = "GET", patience: float = 30, body: bytes | None = None) -> bytes:
    """The whole of a short answer."""
    answer = await pool.request(method, b"/x", [(b"a", b"b")], body, None, patience)
    try:
        return await answer.whole()
    finally:
        answer.close()


async def read_on(answer: UpstreamResponse) -> int:
    """The size of the rest of an answer."""
    size = 0
    while piece := await answer.piece():
        size += len(piece)
    return size


async def test_a_connection_is_used_again() -> None:
    server = Server().answering(OK, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", OK)
    async with pool_of(server) as pool:
        assert [await ask(pool) for _ in range(3)] == [b"ok"] * 3
    assert server.connections == 1


async def test_two_requests_at_once_have_two_connections() -> None:
    server = Server().answering(OK)
    async with pool_of(server) as pool:
        assert list(await asyncio.gather(ask(pool), ask(pool))) == [b"ok"] * 2
    assert server.connections == 2


@pytest.mark.parametrize(
    "ending",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale",
        OK + b"\x00nonsense",
    ],
)
async def test_after_this_answer_a_connection_is_not_used_again(ending: bytes) -> None:
    server = Server().answering(ending).answering(OK)
    async with pool_of(server) as pool:
        first = await pool.request("GET", b"/x", [], None, None, 30)
        try:
            assert (await first.piece()) == b"ok"
        except ResponseCut:
            assert ending.endswith(b"nonsense"), "what follows an answer unasked may end it, and never joins it"
        first.close()
        assert await ask(pool) == b"ok"
    assert server.connections == 2


async def test_an_answer_left_unread_is_not_the_next_ones() -> None:
    server = Server().answering(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret").answering(OK)
    async with pool_of(server) as pool:
        (await pool.request("GET", b"/x", [], None, None, 30)).close()
        assert await ask(pool) == b"ok"
    assert server.connections == 2


async def test_a_read_on_a_connection_that_was_just_closed_is_sent_again() -> None:
    server = Server().hanging_up(OK).answering(OK)
    async with pool_of(server) as pool:
        assert await ask(pool) == b"ok"
        assert await ask(pool) == b"ok"
    assert server.connections == 2


async def test_a_command_is_never_sent_twice() -> None:
    async def reads_and_hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.head(reader)
        writer.write(OK)
        await server.head(reader)

    server = Server(reads_and_hangs_up)
    async with pool_of(server) as pool:
        assert await ask(pool, "POST", body=b"") == b"ok"
        with pytest.raises(ServiceUnavailable):
            await ask(pool, "POST", body=b"")
    assert len(server.heads) == 2


async def test_a_read_that_was_half_answered_is_not_sent_again() -> None:
    server = Server().hanging_up(OK, b"HTTP/1.1 200 OK\r\nContent-Le").answering(OK)
    async with pool_of(server) as pool:
        assert await ask(pool) == b"ok"
        with pytest.raises(ServiceUnavailable):
            await ask(pool)


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
async def test_what_is_no_answer_makes_the_service_unavailable(raw: bytes) -> None:
    async with pool_of(Server().hanging_up(raw)) as pool:
        with pytest.raises(ServiceUnavailable):
            await ask(pool)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nok",
    ],
)
async def test_an_answer_without_its_end_is_cut(raw: bytes) -> None:
    async with pool_of(Server().hanging_up(raw)) as pool:
        answer = await pool.request("GET", b"/x", [], None, None, 30)
        with pytest.raises(ResponseCut):
            await read_on(answer)
        answer.close()


async def test_an_interim_answer_is_not_the_answer() -> None:
    async with pool_of(
        Server().answering(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX: y\r\n\r\n" + OK)
    ) as pool:
        answer = await pool.request("GET", b"/x", [], None, None, 30)
        assert (answer.status, answer.headers, await answer.whole()) == (200, [(b"content-length", b"2")], b"ok")
        answer.close()


async def test_a_silent_service_is_given_up_and_a_resting_connection_closed() -> None:
    loop = asyncio.get_running_loop()
    server = Server().answering(OK)
    async with pool_of(server) as pool:
        assert await ask(pool, patience=3) == b"ok"
        waiting = asyncio.create_task(ask(pool, patience=3))
        await asyncio.sleep(0.05)
        pool.sweep(loop.time() + 2)
        assert not waiting.done()
        pool.sweep(loop.time() + 5)
        with pytest.raises(ServiceUnavailable):
            await waiting
    server = Server().answering(OK)
    async with pool_of(server) as pool:
        await ask(pool)
        pool.sweep(loop.time() + IDLE_SECONDS + 1)
        await asyncio.wait_for(server.ended.wait(), 5)


async def test_a_service_waits_for_a_slow_client_and_is_not_called_silent_for_it() -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await server.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * BUFFERED))
        while sent < 64:
            writer.write(b"x" * BUFFERED)
            await writer.drain()
            sent += 1

    server = Server(talk)
    async with pool_of(server) as pool:
        answer = await pool.request("GET", b"/x", [], None, None, 1)
        first = len(await answer.piece())
        await asyncio.sleep(0.2)
        assert sent < 64
        pool.sweep(asyncio.get_running_loop().time() + 100)
        assert first + await read_on(answer) == 64 * BUFFERED
        answer.close()


async def test_a_body_that_stops_before_its_end_is_never_taken_for_whole() -> None:
    heard = b""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard = await reader.read()

    async def body() -> AsyncIterator[bytes]:
        yield b"half"
        raise UploadStopped

    server = Server(talk)
    async with pool_of(server) as pool:
        with pytest.raises(ServiceUnavailable):
            await pool.request("POST", b"/x", [], body(), None, 30)
        await asyncio.wait_for(server.ended.wait(), 5)
    assert not heard.endswith(b"0\r\n\r\n")


async def test_an_address_is_scheme_host_and_port() -> None:
    for address in ("http://x/path", "http://"):
        with pytest.raises(ValueError, match="scheme, host and port"):
            Pool("a-service", address)
