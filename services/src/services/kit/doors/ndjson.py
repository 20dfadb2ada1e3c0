"""Kit: NDJSON: which requests bring it, how a body is cut into lines, and how a line becomes a value."""

from typing import Any, TypeAlias, TypeVar

from fastapi import Request
from pydantic import ValidationError
from pydantic_core import from_json
from starlette.routing import Match
from starlette.types import Scope

from services.core.errors import Refusal, TooLarge
from services.core.personal_numbers import may_hold_personal_number, refuse_personal_numbers
from services.core.strict_json import loads
from services.kit.doors import shapes
from services.kit.doors.http import media_type
from services.kit.doors.queries import KnownQueryRoute

T = TypeVar("T")

MEDIA_TYPE = "application/x-ndjson"
LINE_LIMIT = 64 * 1024


class LineTooLong(TooLarge):
    """One row over the limit; the others still count."""

    code = "line-too-long"
    title = f"A row has at most {LINE_LIMIT // 1024} KiB"


class NdjsonRoute(KnownQueryRoute):
    """The bulk twin of a route: it is taken when the body is NDJSON, and must stand before the other one."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, but for bodies of NDJSON only."""
        match, child = super().matches(scope)
        if match is Match.FULL and media_type(Request(scope)) != MEDIA_TYPE:
            return Match.NONE, {}
        return match, child


Line: TypeAlias = tuple[int, bytes | None]
"""The number of a line, from 1, and what stands in it; None if that is more than LINE_LIMIT."""


class Lines:
    """Cuts a body into lines, however it was cut into pieces. A line ends with LF or CRLF; the last one need not."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._too_long = False
        self.number = 0

    def feed(self, piece: bytes) -> list[Line]:
        """The lines that end in `piece`. Blank lines are counted and left out."""
        *ended, rest = piece.split(b"\n")
        lines: list[Line] = []
        for part in ended:
            if self._rest or self._too_long:
                self._keep(part)
                lines += self.end()
            else:
                self._add(lines, part)
        self._keep(rest)
        return lines

    def end(self) -> list[Line]:
        """The line that ends here, if there is one: after the last piece, what no line feed has ended."""
        lines: list[Line] = []
        self._add(lines, None if self._too_long else bytes(self._rest))
        self._rest.clear()
        self._too_long = False
        return lines

    def _add(self, lines: list[Line], raw: bytes | None) -> None:
        self.number += 1
        if raw is None or len(raw) > LINE_LIMIT:
            lines.append((self.number, None))
        elif raw := raw.strip(b" \t\r"):
            lines.append((self.number, raw))

    def _keep(self, part: bytes) -> None:
        self._too_long = self._too_long or len(self._rest) + len(part) > LINE_LIMIT
        if self._too_long:
            self._rest.clear()
        else:
            self._rest += part


def read_row(shape: type[T], raw: bytes) -> tuple[Any, T | Refusal]:
    """The JSON document of one row, and its value of `shape` or why there is none: `json-not-readable` (then the
    document is None), `personal-number`, `shape-not-allowed`. As strict as any body is read."""
    document = None
    try:
        document = read_document(raw)
        if may_hold_personal_number(raw):
            refuse_personal_numbers(document)
        return document, shapes.adapter(shape).validator.validate_python(document, by_alias=True, by_name=False)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        return document, shapes.ShapeNotAllowed(errors=shapes.field_errors(faults, shape=shape))
    except Refusal as refusal:
        return document, refusal


def read_document(raw: bytes) -> Any:
    """As `strict_json.loads`, three times as fast for what rows mostly are: an object of texts. When every quotation
    mark in it belongs to a key or a text that is there, no key stands twice, and nothing is escaped or nested; no
    number or constant is in it either, so that there is only one way to read it."""
    if b"\\" not in raw and raw.isascii():
        try:
            document = from_json(raw)
        except ValueError:
            return loads(raw)
        if (
            type(document) is dict
            and set(map(type, document.values())) == {str}
            and raw.count(b'"') == 4 * len(document)
        ):
            return document
    return loads(raw)
