"""Core: faults that many checks find: codes, names, numbers, decimals, dates, and what may stand once."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction

from services.core.errors import FieldError
from services.core.measurement import QuantityNotValid, check_decimal, is_decimal
from services.core.terms.faults.declared import Declared

CODE_PATTERN = r"[a-z0-9][a-z0-9._-]{0,31}"
NAME_LENGTH = 200


def fault(pointer: str, code: str, allowed: str) -> FieldError:
    """A fault at a JSON pointer; `allowed` is the sentence that says what would be."""
    return FieldError(pointer, code, allowed)


def coded(code: str, at: str) -> Iterator[FieldError]:
    """A code is short and plain."""
    if not re.fullmatch(CODE_PATTERN, code):
        yield fault(f"{at}/code", "code-not-valid", f"Must match {CODE_PATTERN}.")


def named(name: str, pointer: str) -> Iterator[FieldError]:
    """A name says something, and not too much."""
    if not 1 <= len(name.strip()) <= NAME_LENGTH:
        yield fault(pointer, "name-not-valid", f"From 1 to {NAME_LENGTH} characters.")


def within(number: int, lowest: int, highest: int, pointer: str) -> Iterator[FieldError]:
    """A whole number lies between two others."""
    if not lowest <= number <= highest:
        yield fault(pointer, "number-out-of-range", f"From {lowest} to {highest}.")


def once(codes: Iterable[str], at: str, field: str = "") -> Iterator[FieldError]:
    """No code stands twice."""
    seen: set[str] = set()
    for place, code in enumerate(codes):
        if code in seen:
            yield fault(f"{at}/{place}{field}", "stands-twice", "Each stands once.")
        seen.add(code)


def decimal(text: str, pointer: str) -> Iterator[FieldError]:
    """A plain decimal."""
    try:
        check_decimal(text, pointer)
    except QuantityNotValid as error:
        yield from error.errors


def number_of(text: str | None) -> Fraction | None:
    """What a plain decimal says; None where there is none."""
    return Fraction(text) if text is not None and is_decimal(text) else None


def share(text: str, pointer: str) -> Iterator[FieldError]:
    """A plain decimal from 0 to 1."""
    yield from decimal(text, pointer)
    number = number_of(text)
    if number is not None and not 0 <= number <= 1:
        yield fault(pointer, "value-out-of-range", 'From "0" to "1".')


def span(start: date, end: date, at: str, field: str = "end") -> Iterator[FieldError]:
    """A period has days."""
    if start >= end:
        yield fault(f"{at}/{field}", "period-empty", "Later than the start; the end is not in the period.")


def payee(declared: Declared, organisation: str, at: str) -> Iterator[FieldError]:
    """Who is paid is a party, and not one that pays."""
    if declared.roles.get(organisation, "payer") == "payer":
        yield fault(f"{at}/payee", "payee-not-a-party", "The organisation id of a party that is not a payer.")
