"""Core: money: a whole number of minor units of one currency; how it is written, rounded and divided."""

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import iso4217

from services.core.errors import FieldError, Invalid
from services.core.rounding import to_whole
from services.core.values import value

MAX_MINOR = 10**15
"""No single amount is larger (10,000 billion of a currency with two decimals): sums stay within 64 bits."""


class AmountNotValid(Invalid):
    """Not an amount in its currency."""

    code = "amount-not-valid"
    title = "This is not an amount in its currency"


@value
class Money:
    """An amount as it is said outside: a decimal string with exactly the places of the currency (ISO 4217)."""

    amount: str
    currency: str


@cache
def places_of(currency: str) -> int | None:
    """Decimals of a currency by ISO 4217 (DKK 2, ISK 0); None if it is no currency that one can pay in."""
    try:
        exponent = iso4217.Currency(currency).exponent
    except ValueError:
        return None
    return exponent if isinstance(exponent, int) else None


def to_minor(money: Money, pointer: str = "") -> int:
    """Whole minor units of an amount. Errors: `amount-not-valid` with what would be allowed."""
    places = places_of(money.currency)
    if places is None:
        fault = "The currency is an ISO 4217 code such as DKK."
        raise AmountNotValid(errors=[FieldError(f"{pointer}/currency", AmountNotValid.code, fault)])
    fraction = rf"\.[0-9]{{{places}}}" if places else ""
    if not re.fullmatch(rf"-?(0|[1-9][0-9]*){fraction}", money.amount, re.ASCII) or len(money.amount) > 18:
        example = "1250" + ("." + "0" * places if places else "")
        fault = f"A plain decimal with exactly {places} decimals, such as {example}, and at most 15 digits."
        raise AmountNotValid(errors=[FieldError(f"{pointer}/amount", AmountNotValid.code, fault)])
    return int(money.amount.replace(".", ""))


def from_minor(minor: int, currency: str) -> Money:
    """The amount that so many minor units are."""
    return Money(amount=format_minor(minor, currency), currency=currency)


def format_minor(minor: int, currency: str) -> str:
    """`84854000` in GBP as `848540.00`."""
    places = places_of(currency) or 0
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else sign + digits


def round_minor(exact_minor: Fraction, mode: str = "half_up") -> int:
    """Whole minor units of an exact amount, by `services.core.rounding.to_whole`."""
    return to_whole(exact_minor, mode)


def largest_remainder(minor: int, weights: Sequence[int]) -> list[int]:
    """`minor` in parts by weight: each gets the whole units of its exact share, and what is left over goes, unit by
    unit, to the largest remainders; ties to who stands first. Below zero as above it, with the sign."""
    sign, amount, whole = (-1 if minor < 0 else 1), abs(minor), sum(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % whole), place))
    for place in by_remainder[: amount - sum(parts)]:
        parts[place] += 1
    return [sign * part for part in parts]
