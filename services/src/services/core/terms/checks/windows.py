"""Core: faults of mode windows: in the outcome period, one at a time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.core.errors import FieldError
from services.core.terms.faults.amounts import positive
from services.core.terms.faults.dates import inside, whole_period
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import coded, fault, once, payee
from services.core.terms.model import Agreement
from services.core.terms.payment import GrantWindow, Window


def windows(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """Every window."""
    payment = agreement.payment
    yield from once((window.code for window in payment.windows), "/payment/windows", "/code")
    for place, window in enumerate(payment.windows):
        at = f"/payment/windows/{place}"
        yield from coded(window.code, at)
        if window.code in declared.rules:
            yield fault(f"{at}/code", "code-of-a-rule", "A code that no payment rule has.")
        yield from inside(window.start, window.end, declared.outcome_period, at)
        if isinstance(window, GrantWindow):
            yield from payee(declared, window.payee, at)
            yield from positive(declared, window.amount, f"{at}/amount")
            yield from whole_period(window.start, window.end, window.every, f"{at}/end")
    yield from _overlaps(payment.windows)


def _overlaps(windows: Sequence[Window]) -> Iterator[FieldError]:
    order = sorted(range(len(windows)), key=lambda place: windows[place].start)
    for before, here in pairwise(order):
        if windows[here].start < windows[before].end:
            yield fault(f"/payment/windows/{here}/start", "window-overlap", "Not before another window's end.")
