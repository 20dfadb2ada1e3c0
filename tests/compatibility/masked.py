"""Tests: what is drawn anew in every answer (ids, hashes, salts, keys), masked: names, order and lengths stay."""

import base64
import re
from collections.abc import Callable

ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
HEX = re.compile(rb"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{32})(?![0-9a-f])")
KEY = re.compile(rb"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
CURSOR = re.compile(rb'(?<="nextCursor":")[A-Za-z0-9_-]{48,}|(?<=[?&]cursor=)[A-Za-z0-9_-]{48,}')
DATE = re.compile(rb"(?<=\ndate: )[^\n]+")


def masked(raw: bytes) -> bytes:
    """`raw` with a number in the place of each id (which keeps its version), SHA-256, salt and public key: 1 is the
    first one of its kind in there, and the same one has the same number again, also inside a cursor. When a server
    answered is left out."""
    numbers: dict[tuple[str, bytes], int] = {}

    def number(kind: str, drawn: bytes) -> int:
        known = sum(1 for each, _ in numbers if each == kind)
        return numbers.setdefault((kind, drawn), known + 1)

    def id_(match: re.Match[bytes]) -> bytes:
        return b"00000000-0000-%s000-8000-%012d" % (match[1], number("id", match[0]))

    def cursor(match: re.Match[bytes]) -> bytes:
        key = ID.sub(id_, base64.urlsafe_b64decode(match[0] + b"=" * (-len(match[0]) % 4)))
        return base64.urlsafe_b64encode(key).rstrip(b"=")

    rules: tuple[tuple[re.Pattern[bytes], Callable[[re.Match[bytes]], bytes]], ...] = (
        (DATE, lambda _: b"-"),
        (ID, id_),
        (HEX, lambda match: b"%0*d" % (len(match[0]), number("hex", match[0]))),
        (KEY, lambda match: b"%043d" % number("key", match[0])),
        (CURSOR, cursor),
    )
    for pattern, mask in rules:
        raw = pattern.sub(mask, raw)
    return raw
