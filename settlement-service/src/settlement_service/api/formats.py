"""Door: one statement in several formats: which one the client wants, and the statement as CSV."""

import base64
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fastapi import Request

from services.core.errors import NotAcceptable
from services.core.money import format_minor, to_minor
from settlement_service.api.schemas import LineBody, MoneyBody, SettlementBody
from settlement_service.domain.facts.figures import CUT_KINDS

JSON, CSV, NDJSON = "application/json", "text/csv", "application/x-ndjson"
WITH_BOM = "utf-8-sig"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADINGS = (
    *("line", "rule", "name", "price", "people", "units"),
    *(f"cut_{cap}" for cap in CUT_KINDS),
    *("amount", "payee", "nature", "state"),
)
OF_PAYERS = ("currency", "payer", "share")
FIGURES = frozenset({"people", "units", *(f"cut_{cap}" for cap in CUT_KINDS), "amount"})
"""What is the line's, whoever pays it."""
Row: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """A media type, and for CSV whether it begins with a byte order mark."""

    media_type: str
    bom: bool = False

    def tag(self, revision: int) -> str:
        """The strong ETag of a revision in this format; the one in JSON is what commands take in If-Match."""
        if self.media_type == JSON:
            return f'"{revision}"'
        return f'"{revision}.{self.media_type.rpartition("/")[2]}{".bom" if self.bom else ""}"'


def wanted(request: Request, offered: Sequence[str], bom: bool = False) -> Format:
    """The best of the offered media types by `Accept` (RFC 9110, 12.5.1); the first one if all are alike. The byte
    order mark is asked for by `charset=utf-8-sig`, or by `bom`. Errors: `not-acceptable`."""
    best, quality, marked = "", 0, bom
    for text in request.headers.get("accept", "*/*").lower().split(","):
        media_range, *parameters = (part.strip() for part in text.split(";"))
        named = dict(parameter.partition("=")[::2] for parameter in parameters)
        weight = _thousandths(named.get("q", "1"))
        match = next((media_type for media_type in offered if _matches(media_range, media_type)), None)
        if match and weight > quality:
            best, quality = match, weight
            marked = bom or named.get("charset", "").strip('"') == WITH_BOM
    if not best:
        raise NotAcceptable("Accept one of: " + ", ".join(offered) + ".")
    return Format(best, marked and best == CSV)


def _matches(media_range: str, media_type: str) -> bool:
    return media_range in (media_type, "*/*", media_type.partition("/")[0] + "/*")


def _thousandths(weight: str) -> int:
    """A weight of 0 to 1 with up to three decimals, in thousandths: 0.8 is 800. What is no weight counts as 1."""
    integer, _, decimals = weight.partition(".")
    if integer == "1" or not (integer + decimals).isdecimal():
        return 1000
    return int(decimals.ljust(3, "0")[:3])


def is_held(request: Request, tag: str) -> bool:
    """Whether the client has what `tag` stands for (`If-None-Match`, RFC 9110, 13.1.2)."""
    held = request.headers.get("if-none-match", "")
    return tag in (held_tag.strip().removeprefix("W/") for held_tag in held.split(","))


def digest(raw: bytes) -> str:
    """`Content-Digest` of a body (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(raw).digest()).decode()}:"


def csv_of(statement: SettlementBody, bom: bool) -> bytes:
    """The lines of a statement and its total as Danish spreadsheets read them: semicolons, decimal commas, CRLF, a
    header row. One row a line and payer, with the payer's share; what the line counts and comes to stands on the first
    of its rows alone, so that every column can be summed. A merged line names its rules and its amount alone."""
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";", lineterminator="\r\n")
    rows.writerow((*HEADINGS, *OF_PAYERS))
    lines = statement.lines or ()
    for line in lines:
        rows.writerows(_with_payers(_row(line), statement.currency, _shares(line)))
    if statement.total is not None:
        empty = dict.fromkeys(HEADINGS, "")
        total = empty | {"line": "total", "amount": _decimal(statement.total)}
        rows.writerows(_with_payers(tuple(total.values()), statement.currency, _shares_of_all(lines)))
    return out.getvalue().encode(WITH_BOM if bom else "utf-8")


def _with_payers(row: Row, currency: str, shares: Mapping[str, int]) -> Iterator[Row]:
    """The row once for each payer; after the first without its figures."""
    by_payer = [(payer, format_minor(minor, currency).replace(".", ",")) for payer, minor in shares.items()]
    again = tuple("" if heading in FIGURES else cell for heading, cell in zip(HEADINGS, row, strict=True))
    for place, (payer, share) in enumerate(by_payer or [("", "")]):
        yield (*(again if place else row), currency, payer, share)


def _shares(line: LineBody) -> dict[str, int]:
    return {share.payer: to_minor(share.amount.value()) for share in line.shares or ()}


def _shares_of_all(lines: Sequence[LineBody]) -> Mapping[str, int]:
    """What each payer pays in all, in the order of the lines; nothing where a merged line does not tell."""
    if any(line.shares is None for line in lines):
        return {}
    total: Counter[str] = Counter()
    for line in lines:
        total.update(_shares(line))
    return total


def _row(line: LineBody) -> Row:
    cuts = {cut.cap: cut.amount for cut in line.cut or ()}
    alone = line.rule is not None
    zero = "0" if alone else ""
    return (
        str(line.number),
        line.rule or " + ".join(line.rules or ()),
        _text(line.name or ""),
        _decimal(line.price),
        "" if line.people is None else str(line.people),
        "" if line.units is None else str(line.units),
        *(_decimal(cuts[cap]) if cap in cuts else zero for cap in CUT_KINDS),
        _decimal(line.amount),
        line.payee or "",
        line.nature or "",
        line.state or "",
    )


def _text(text: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _decimal(money: MoneyBody | None) -> str:
    return "" if money is None else money.amount.replace(".", ",")
