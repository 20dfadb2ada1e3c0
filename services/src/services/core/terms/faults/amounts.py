"""Core: faults of amounts: the contract's currency, its places, and how low an amount may be."""

from collections.abc import Iterator

from services.core.errors import FieldError
from services.core.money import AmountNotValid, Money, to_minor
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import fault


def positive(declared: Declared, money: Money, at: str) -> Iterator[FieldError]:
    """An amount of at least one minor unit."""
    yield from _amount(declared, money, at, 1, "More than zero.")


def not_negative(declared: Declared, money: Money, at: str) -> Iterator[FieldError]:
    """An amount of zero or more."""
    yield from _amount(declared, money, at, 0, "Zero or more.")


def signed(declared: Declared, money: Money, at: str, two_sided: bool) -> Iterator[FieldError]:
    """An amount that is below zero only in a rule that is two-sided."""
    yield from _amount(declared, money, at, None if two_sided else 0, "Zero or more, unless twoSided is true.")


def minor_of(declared: Declared, money: Money | None) -> int | None:
    """Minor units of an amount; None where there is none that can be compared."""
    if money is None or money.currency != declared.currency:
        return None
    try:
        return to_minor(money)
    except AmountNotValid:
        return None


def _amount(declared: Declared, money: Money, at: str, lowest: int | None, allowed: str) -> Iterator[FieldError]:
    if money.currency != declared.currency:
        yield fault(f"{at}/currency", "currency-differs", "The contract's own currency.")
        return
    try:
        minor = to_minor(money, at)
    except AmountNotValid as error:
        yield from error.errors
        return
    if lowest is not None and minor < lowest:
        yield fault(f"{at}/amount", "amount-too-low", allowed)
