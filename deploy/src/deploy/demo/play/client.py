"""Deploy: a client of the gateway: a token, a key for every command, and repeats when the answer is to wait."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""For so long a request is repeated while the answer is to wait. It is longer than any process takes to restart."""
PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
NOT_NOW = frozenset({429, 502, 503, 504})
JSON, NDJSON = "application/json", "application/x-ndjson"

Tokens = Callable[[], str]
Body = Mapping[str, Any]


class Refused(Exception):
    """The gateway or a service refused the request; `problem` is its problem document (RFC 9457)."""

    def __init__(self, method: str, path: str, status: int, problem: Mapping[str, Any]) -> None:
        faults = "".join(f"\n  {error['pointer']}: {error['detail']}" for error in problem.get("errors", ()))
        super().__init__(f"{method} {path}: {status} {problem.get('code')}: {problem.get('detail')}{faults}")
        self.status = status
        self.code = problem.get("code")
        self.problem = problem


class NotReachable(Exception):
    """No answer came within the time that the client waits, or none but to wait."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status, headers (lower-case names), and the bytes of the body."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def content(self) -> Any:
        """The JSON document."""
        return json.loads(self.raw)

    @property
    def etag(self) -> str:
        """The version that this response shows."""
        return self.headers["etag"]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The result of a bulk upload: the number of rows by result, and the result lines of the rows not taken."""

    summary: Mapping[str, int]
    not_taken: tuple[Mapping[str, Any], ...]


class _RetryLater(Exception):
    """The same request may be sent again after so many seconds."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds


class Client:
    """The client of one person. The idempotency key of a command is `<run_id>-<step>`: a repeat within the run has the
    same key, and no other run has it."""

    def __init__(self, http: httpx.Client, tokens: Tokens, run_id: str, patience: float = PATIENCE_SECONDS) -> None:
        self._http, self._tokens, self._run_id, self._patience = http, tokens, run_id, patience

    def get(self, path: str, accept: str = JSON) -> Answer:
        """Errors: Refused, NotReachable."""
        return self._until_answered("GET", path, {"Accept": accept}, None)

    def post(self, path: str, body: Body, *, step: str, etag: str | None = None) -> Answer:
        """A command. `step` names it within the run; `etag` is the version that was read, for commands on what is
        there already. Errors: Refused, NotReachable."""
        headers = {"Content-Type": JSON, "Idempotency-Key": f"{self._run_id}-{step}"}
        if etag is not None:
            headers["If-Match"] = etag
        return self._until_answered("POST", path, headers, json.dumps(body).encode())

    def every(self, path: str) -> Iterator[Any]:
        """Every item of a list, page by page. Errors: Refused, NotReachable."""
        joint = "&" if "?" in path else "?"
        address = f"{path}{joint}limit=500"
        while True:
            page = self.get(address).content
            yield from page["items"]
            if "nextCursor" not in page:
                return
            address = f"{path}{joint}limit=500&cursor={page['nextCursor']}"

    def upload(self, path: str, rows: Sequence[Body], on_row: Callable[[int], None] | None = None) -> Uploaded:
        """Sends all rows as NDJSON in one request. Sends all of them again when the response was cut or a row failed; a
        row taken the first time is then `replayed`. `on_row` gets the number of results so far.
        Errors: Refused, NotReachable."""
        return self._with_retries(f"POST {path}", lambda: self._upload_once(path, rows, on_row or (lambda _: None)))

    def _upload_once(self, path: str, rows: Sequence[Body], on_row: Callable[[int], None]) -> Uploaded:
        headers = {"Authorization": f"Bearer {self._tokens()}", "Content-Type": NDJSON, "Accept": NDJSON}
        with self._http.stream("POST", path, headers=headers, content=_lines(rows)) as response:
            if response.status_code != 200:
                response.read()
                self._check(response)
            uploaded = _results(response.iter_lines(), on_row)
        if uploaded.summary.get("failed"):
            raise _RetryLater(PAUSE_SECONDS, "some rows failed")
        return uploaded

    def _until_answered(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        def attempt() -> Answer:
            with_token = {**headers, "Authorization": f"Bearer {self._tokens()}"}
            response = self._http.request(method, path, headers=with_token, content=body)
            self._check(response)
            return Answer(response.status_code, dict(response.headers), response.content)

        return self._with_retries(f"{method} {path}", attempt)

    def _with_retries(self, request: str, attempt: Callable[[], T]) -> T:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return attempt()
            except httpx.TransportError as fault:
                retry = _RetryLater(PAUSE_SECONDS, type(fault).__name__)
            except _RetryLater as fault:
                retry = fault
            if time.monotonic() + retry.seconds > deadline:
                raise NotReachable(f"{request}: no answer within {self._patience:.0f} s, at last: {retry}.")
            time.sleep(retry.seconds)

    def _check(self, response: httpx.Response) -> None:
        """Errors: Refused for a definite no; _RetryLater when the request may be sent again."""
        if response.status_code < 400:
            return
        pause = response.headers.get("retry-after", "")
        if response.status_code in NOT_NOW or (response.status_code == 409 and pause):
            seconds = float(pause) if pause.isdecimal() else PAUSE_SECONDS
            raise _RetryLater(min(seconds, LONGEST_PAUSE_SECONDS), f"status {response.status_code}")
        request = response.request
        raise Refused(request.method, request.url.path, response.status_code, _problem(response))


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {"code": None, "detail": "The answer is no problem document."}


def _lines(rows: Iterable[Body]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(row).encode() + b"\n"


def _results(lines: Iterable[str], on_row: Callable[[int], None]) -> Uploaded:
    """Reads result lines as they come. Errors: _RetryLater when the summary at the end is missing."""
    not_taken: list[Mapping[str, Any]] = []
    for count, line in enumerate(lines, start=1):
        result = json.loads(line)
        if "summary" in result:
            return Uploaded(result["summary"], tuple(not_taken))
        on_row(count)
        if result["result"] not in ("created", "replayed"):
            not_taken.append(result)
    raise _RetryLater(PAUSE_SECONDS, "the answer was cut")
