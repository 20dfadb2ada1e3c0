"""Core: finds Danish, Swedish, Norwegian, Finnish and Icelandic personal numbers, so that none is ever kept."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from stdnum import luhn
from stdnum.dk import cpr
from stdnum.fi import hetu
from stdnum.is_ import kennitala
from stdnum.no import fodselsnummer

from services.core.errors import FieldError, Invalid


class PersonalNumberFound(Invalid):
    """A value is, or holds, what a Nordic register would give to a person. It is not repeated, logged or kept."""

    code = "personal-number"
    title = "A personal number was sent; nothing of this was kept"


_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_EDGE_BEFORE, _EDGE_AFTER = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_DIGITS = re.compile(_EDGE_BEFORE + r"(?:(\d{2})?(\d{6})[-+ .]?(\d{4})|(\d{6})[-+:. ]?(\d{5}))" + _EDGE_AFTER, re.ASCII)
_DOTTED = re.compile(_EDGE_BEFORE + r"(\d{2})\.(\d{2})\.(\d{2})[-.]?(\d{4,5})" + _EDGE_AFTER, re.ASCII)
"""The day with dots. No space before the rest: with one, it is as good as always a day and the time of that day."""
_FINNISH = re.compile(_EDGE_BEFORE + r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]" + _EDGE_AFTER, re.ASCII | re.IGNORECASE)
_TYPED = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # uuid
    r"|[0-9a-f]{64}"  # sha-256
    r"|\d{4}-\d{2}-\d{2}(?:T[0-9:.]+(?:Z|[+-]\d{2}:\d{2}))?"  # date, instant
    r"|-?(?:0|[1-9]\d{0,14})\.\d{1,5}"  # amount, quantity; none begins with a zero as a day may
    r"|(?!0237:)\d{4}:[0-9A-Z]{1,20}",  # organisation id; checked by its own grammar
    re.ASCII,
)


def _is_date(day: int, month: int, year_of_century: int) -> bool:
    """Whether some century has this day (29 February of a year 00 exists: 2000 was a leap year)."""
    try:
        date(2000 + year_of_century, month, day)
    except ValueError:
        return False
    return True


def _is_danish(number: str) -> bool:
    """Since 2007 numbers are given without modulus 11, first of all to those born on 1 January; replacement
    numbers add 60 to the day (CPR-kontoret, "Personnummeret i CPR")."""
    day, month, year = int(number[:2]), int(number[2:4]), int(number[4:6])
    day -= 60 * (day > 60)
    return _is_date(day, month, year) and (cpr.checksum(number) == 0 or (day, month) == (1, 1))


def _is_swedish(number: str) -> bool:
    """Personnummer, and samordningsnummer with 60 added to the day; Luhn (Folkbokföringslagen 1991:481, 18 §)."""
    year, month, day = int(number[:2]), int(number[2:4]), int(number[4:6])
    return _is_date(day - 60 * (day > 60), month, year) and luhn.is_valid(number)


def _is_icelandic(number: str) -> bool:
    """Kennitala of a person: day of birth as it is (an organisation adds 40), last digit the century."""
    day, month, year = int(number[:2]), int(number[2:4]), int(number[4:6])
    return number[9] in "890" and _is_date(day, month, year) and kennitala.checksum(number) == 0


def _is_norwegian(number: str) -> bool:
    """Fødselsnummer, D-number (day + 40) and H-number (month + 40); two check digits."""
    day, month, year = int(number[:2]), int(number[2:4]), int(number[4:6])
    return (
        _is_date(day - 40 * (day > 40), month - 40 * (month > 40), year)
        and number[9] == fodselsnummer.calc_check_digit1(number)
        and number[10] == fodselsnummer.calc_check_digit2(number)
    )


_OF_TEN_DIGITS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("dk", _is_danish),
    ("se", _is_swedish),
    ("is", _is_icelandic),
)


def _country_of(
    century: str | None, six: str | None, four: str | None, six_no: str | None, five: str | None
) -> str | None:
    if six_no and five:
        return "no" if _is_norwegian(six_no + five) else None
    number = f"{six}{four}"
    if century:
        return "se" if century in ("18", "19", "20") and _is_swedish(number) else None
    return next((country for country, matches in _OF_TEN_DIGITS if matches(number)), None)


def find_personal_number(text: str) -> str | None:
    """The country (`dk se no fi is`) of the first token of `text` that is a valid personal number, formatted or
    bare, else None. A token ends where letters and digits end."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    for match in _DIGITS.finditer(text):
        country = _country_of(*match.groups())
        if country:
            return country
    for match in _DOTTED.finditer(text):
        *day, rest = match.groups()
        six = "".join(day)
        country = (
            _country_of(None, six, rest, None, None) if len(rest) == 4 else _country_of(None, None, None, six, rest)
        )
        if country:
            return country
    for match in _FINNISH.finditer(text):
        if hetu.is_valid(match.group(), allow_temporary=True):
            return "fi"
    return None


_DIGITS_TO_0_LETTERS_TO_A = bytes(
    ord("0" if chr(code).isdigit() else "a" if chr(code).isalpha() else ".") if code < 128 else code
    for code in range(256)
)


def may_hold_personal_number(raw: bytes) -> bool:
    """Whether a text of JSON document `raw` may be, or hold, a personal number: cheap, and when it says no there is
    none. Each of the five numbers begins with six digits, or three times two with dots between, after something that
    is neither digit nor letter, and in ASCII without escapes every text stands in the raw bytes as it is."""
    if b"\\" in raw or not raw.isascii():
        return True
    drawn = (b"." + raw).translate(_DIGITS_TO_0_LETTERS_TO_A)
    if b".000000" not in drawn and b".00.00.00" not in drawn:
        return False
    return find_personal_number(raw.decode("ascii")) is not None


def refuse_personal_numbers(document: Any) -> None:
    """Looks through every text of a JSON document, keys included, but those whose own grammar says what they are
    (uuid, hash, date, amount, organisation id). Errors: `personal-number`, with the pointer, never the value."""
    for pointer, text in _texts(document, ""):
        if not _TYPED.fullmatch(text) and find_personal_number(text) is not None:
            detail = "This looks like a personal number. Send a key that was made outside Enzym instead."
            raise PersonalNumberFound(errors=[FieldError(pointer, PersonalNumberFound.code, detail)])


def _texts(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield pointer, node
    elif isinstance(node, dict):
        for key, child in node.items():
            yield pointer, key
            yield from _texts(child, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for place, child in enumerate(node):
            yield from _texts(child, f"{pointer}/{place}")
