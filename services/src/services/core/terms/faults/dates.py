"""Core: faults of days and of periods of the calendar."""

from collections.abc import Iterator
from datetime import date

from services.core.errors import FieldError
from services.core.period import Period
from services.core.terms.calendar import MONTHS, Every
from services.core.terms.faults.plain import fault, span


def inside(
    start: date, end: date, period: Period, at: str, fields: tuple[str, str] = ("start", "end")
) -> Iterator[FieldError]:
    """`[start, end)` has days, and all of them are in the period."""
    yield from span(start, end, at, fields[1])
    if start < period.start:
        yield fault(f"{at}/{fields[0]}", "date-outside-period", f"Not before {period.start}.")
    if end > period.end:
        yield fault(f"{at}/{fields[1]}", "date-outside-period", f"Not after {period.end}.")


def whole_period(start: date, end: date, every: Every, pointer: str) -> Iterator[FieldError]:
    """At least one whole period of the calendar is in `[start, end)`."""
    if start < end and not holds_whole(start, end, every):
        yield fault(pointer, "no-whole-period", f"So late that one whole {every} of the calendar is over by then.")


def holds_whole(start: date, end: date, every: Every) -> bool:
    """Whether a whole period of the calendar lies in `[start, end)`."""
    months = MONTHS[every]
    first = start.year * 12 + start.month - 1 + (start.day > 1)
    begins = -(-first // months) * months
    return begins + months <= end.year * 12 + end.month - 1
