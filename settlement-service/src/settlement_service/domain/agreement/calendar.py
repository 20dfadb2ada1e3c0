"""Domain: periods of the calendar and their names: 2026-03, 2026-Q1, 2026."""

from collections.abc import Iterator
from datetime import date, timedelta

from services.core.period import Period
from services.core.terms.calendar import MONTHS, Every

EVERY: tuple[Every, ...] = ("month", "quarter", "year")


def name_of(day: date, every: Every) -> str:
    """The name of the period that a day lies in."""
    if every == "year":
        return f"{day.year:04}"
    return f"{day.year:04}-Q{(day.month + 2) // 3}" if every == "quarter" else f"{day.year:04}-{day.month:02}"


def whole_periods(within: Period, every: Every) -> Iterator[tuple[str, Period]]:
    """The periods that lie wholly in `within`, each with its name, the first one first."""
    months = MONTHS[every]
    start = _start_of(within.start, months)
    if start < within.start:
        start = _later(start, months)
    while (end := _later(start, months)) <= within.end:
        yield name_of(start, every), Period(start=start, end=end)
        start = end


def starts_of(after: date, before: date, every: Every) -> Iterator[date]:
    """The first days of the periods that begin between two days, these left out."""
    months = MONTHS[every]
    start = _later(_start_of(after, months), months)
    while start < before:
        yield start
        start = _later(start, months)


def is_name_of(name: str, every: Every) -> bool:
    """Whether a name is that of a month, a quarter, a year."""
    return {4: "year", 7: "quarter" if "Q" in name else "month"}[len(name)] == every


def names_of(day: date) -> tuple[str, ...]:
    """The names of all periods that a day lies in: none is the name of two."""
    return tuple(name_of(day, every) for every in EVERY)


def last_day_before(end: date) -> date:
    """The last day of what goes up to, not including, `end`."""
    return end - timedelta(days=1)


def _start_of(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _later(start: date, months: int) -> date:
    month = start.month - 1 + months
    return date(start.year + month // 12, month % 12 + 1, 1)
