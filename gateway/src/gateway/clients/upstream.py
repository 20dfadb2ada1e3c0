"""Clients: the services behind the gateway, over pools of warm connections."""

from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Self

import aiohttp
import structlog
from multidict import CIMultiDict
from yarl import URL

from services.core.errors import Unavailable

log = structlog.get_logger()

IDLE_SECONDS = 4.0
"""A pooled connection is given up before the service's server does so (uvicorn: 5 s)."""
CONNECT_SECONDS = 2.0
_NO_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class ServiceUnavailable(Unavailable):
    """The service that would answer does not. Whether a command was carried out is then not known: the same
    Idempotency-Key, sent again, finds out."""

    code = "service-unavailable"
    title = "The service behind this address does not answer at this moment"


class AnswerCut(Exception):
    """The service died in the middle of its answer."""


class Answer:
    """What a service answers, as it comes."""

    def __init__(self, response: aiohttp.ClientResponse, service: str) -> None:
        self._response, self._service = response, service
        self.status = response.status
        self.headers = response.raw_headers
        self.length = response.content_length

    async def whole(self) -> bytes:
        """The whole body, for short answers. Errors: ServiceUnavailable when it does not come whole."""
        try:
            return await self._response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _not_answering(self._service, error) from None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, piece by piece as it comes. Errors: AnswerCut."""
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _not_answering(self._service, error)
            raise AnswerCut() from None

    def close(self) -> None:
        """Gives the connection back if the answer was read to its end, and closes it otherwise."""
        self._response.close()


class Upstreams:
    """All services, by name. Use as an async context manager."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = {name: address.rstrip("/") for name, address in addresses.items()}
        self._timeouts: dict[float, aiohttp.ClientTimeout] = {}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS, ttl_dns_cache=10),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_NO_AUTOMATIC,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def ask(
        self,
        service: str,
        method: str,
        target: str,
        headers: CIMultiDict[str],
        body: bytes | AsyncIterator[bytes] | None,
        silence_seconds: float,
    ) -> Answer:
        """Sends a request on, and returns when the answer begins. `target` is path and query, already encoded. A
        service that says nothing for `silence_seconds` after the last byte was sent is given up.
        Errors: ServiceUnavailable."""
        try:
            response = await self._session.request(
                method,
                URL(self._addresses[service] + target, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=self._timeout(silence_seconds),
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _not_answering(service, error) from None
        return Answer(response, service)

    def _timeout(self, silence_seconds: float) -> aiohttp.ClientTimeout:
        timeout = self._timeouts.get(silence_seconds)
        if timeout is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=silence_seconds)
            self._timeouts[silence_seconds] = timeout
        return timeout


def _not_answering(service: str, error: BaseException) -> ServiceUnavailable:
    log.warning("service does not answer", upstream=service, error=type(error).__name__)
    return ServiceUnavailable(retry_after_seconds=2)
