"""Tests: writes down every request that clients send and what they are answered, also when the answer is cut."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.invariants.answers import Exchange

from services.kit.process import clock


class _Copied(httpx.SyncByteStream):
    """A stream whose bytes are also kept; `watch` is told how many pieces have passed, before the next one."""

    def __init__(self, stream: Any, watch: Callable[[int], None] = lambda _: None) -> None:
        self._stream, self._watch = stream, watch
        self.kept = bytearray()
        self.ended = False

    def __iter__(self) -> Iterator[bytes]:
        for count, piece in enumerate(self._stream):
            self._watch(count)
            self.kept += piece
            yield piece
        self.ended = True

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


@dataclass
class _Written:
    request: httpx.Request
    sent: _Copied
    correlation_id: str
    response: httpx.Response | None = None
    came: _Copied | None = None


@dataclass
class Recorder:
    """Gives out clients, and knows what all of them said and heard. `canaries` are texts that stand nowhere else, and
    the organisations that may be told them. `watch` is told, of every request, its path and how many pieces of its
    body (lines, of an upload) have been sent, before the next one is."""

    watch: Callable[[str, int], None] = lambda path, count: None
    canaries: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _written: list[_Written] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def connect(self, address: str) -> httpx.Client:
        """A client whose exchanges are written down."""
        return httpx.Client(
            base_url=address, timeout=httpx.Timeout(60.0, connect=5.0), transport=_Transport(self), trust_env=False
        )

    def add(self, written: "_Written") -> None:
        with self._lock:
            self._written.append(written)

    def exchanges(self) -> list[Exchange]:
        """All of them, in the order in which they began."""
        with self._lock:
            return [_exchange(written) for written in self._written]


class _Transport(httpx.BaseTransport):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        correlation_id = str(clock.random_id())
        request.headers["X-Correlation-Id"] = correlation_id
        sent = _Copied(request.stream, lambda count: self._recorder.watch(request.url.path, count))
        written = _Written(request, sent, correlation_id)
        self._recorder.add(written)
        response = self._inner.handle_request(
            httpx.Request(
                request.method, request.url, headers=request.headers, stream=sent, extensions=request.extensions
            )
        )
        written.response, written.came = response, _Copied(response.stream)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=written.came, extensions=response.extensions
        )

    def close(self) -> None:
        self._inner.close()


def _exchange(written: _Written) -> Exchange:
    request, response, came = written.request, written.response, written.came
    return Exchange(
        organisation=organisation_of(request.headers.get("authorization", "")),
        method=request.method,
        path=request.url.path,
        key=request.headers.get("idempotency-key", ""),
        correlation_id=written.correlation_id,
        body=bytes(written.sent.kept),
        status=response.status_code if response is not None else None,
        answer=bytes(came.kept) if came is not None else b"",
        whole=came is not None and came.ended,
        may_be_sent_again=response is not None and "retry-after" in response.headers,
    )


def organisation_of(authorization: str) -> str:
    """The organisation that a bearer token says, without any check; empty when there is none to read."""
    try:
        payload = authorization.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["org"])
    except (IndexError, ValueError, KeyError):
        return ""
