"""Core: faults of index tables and of the retention."""

from collections.abc import Iterator
from itertools import pairwise

from services.core.errors import FieldError
from services.core.terms.faults.conditions import condition
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import coded, decimal, fault, number_of, once
from services.core.terms.model import Agreement
from services.core.terms.payment import Index, Retention


def indices(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """Every index has a value on every day of the outcome period."""
    tables = agreement.payment.indices
    yield from once((index.code for index in tables), "/payment/indices", "/code")
    for place, index in enumerate(tables):
        at = f"/payment/indices/{place}"
        yield from coded(index.code, at)
        yield from _above_zero(index.base, f"{at}/base")
        yield from _values(declared, index, f"{at}/values")


def retention(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """A retention is of a part of each amount, of declared rules, and is released once."""
    stated = agreement.payment.retention
    if stated is None:
        return
    yield from decimal(stated.share, "/payment/retention/share")
    number = number_of(stated.share)
    if number is not None and not 0 < number < 1:
        yield fault("/payment/retention/share", "value-out-of-range", 'More than "0" and less than "1".')
    yield from _release(declared, stated)
    if stated.rules is not None:
        if not stated.rules:
            yield fault("/payment/retention/rules", "rules-missing", "At least one rule; left out, all of them.")
        for place, code in enumerate(stated.rules):
            if code not in declared.rules:
                yield fault(f"/payment/retention/rules/{place}", "rule-unknown", "The code of a payment rule.")
        yield from once(stated.rules, "/payment/retention/rules")


def _release(declared: Declared, stated: Retention) -> Iterator[FieldError]:
    starts = declared.outcome_period.start
    if stated.release_on is None and stated.release_when is None:
        yield fault("/payment/retention", "release-missing", "Either releaseOn or releaseWhen.")
    if stated.release_on is not None and stated.release_when is not None:
        yield fault("/payment/retention/releaseWhen", "release-twice", "Left out, as releaseOn says when.")
    if stated.release_on is not None and stated.release_on < starts:
        yield fault("/payment/retention/releaseOn", "date-outside-period", f"Not before {starts}.")
    if stated.release_when is not None:
        yield from condition(declared, stated.release_when, "/payment/retention/releaseWhen")


def _values(declared: Declared, index: Index, at: str) -> Iterator[FieldError]:
    if not index.values:
        yield fault(at, "index-values-missing", "At least one value.")
        return
    for place, entry in enumerate(index.values):
        yield from _above_zero(entry.value, f"{at}/{place}/value")
    for place, (before, here) in enumerate(pairwise(index.values), start=1):
        if here.from_ <= before.from_:
            yield fault(f"{at}/{place}/from", "index-not-ascending", "Later than the day of the value before.")
    starts = declared.outcome_period.start
    if index.values[0].from_ > starts:
        yield fault(f"{at}/0/from", "index-too-late", f"Not after {starts}, so that every day has a value.")


def _above_zero(text: str, pointer: str) -> Iterator[FieldError]:
    yield from decimal(text, pointer)
    number = number_of(text)
    if number is not None and number <= 0:
        yield fault(pointer, "value-out-of-range", 'More than "0".')
