"""Tests: days as ISO 8601 texts, which compare as the days do, and periods of the calendar."""

from collections.abc import Iterator
from datetime import date, timedelta

FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def day_before(day: str) -> str:
    """The day before a day."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def period_of(day: str, every: str) -> str:
    """The period that a day lies in: 2026-03, 2026-Q1, 2026."""
    if every == "year":
        return day[:4]
    return f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}" if every == "quarter" else day[:7]


def periods_of(day: str) -> list[str]:
    """The month, the quarter and the year that a day lies in."""
    return [period_of(day, every) for every in MONTHS]


def whole_periods(start: str, until: str, every: str) -> Iterator[tuple[str, str, str]]:
    """(name, first day, day after the last) of each period that lies wholly in `[start, until)`."""
    length = MONTHS[every]
    month = int(start[:4]) * 12 + int(start[5:7]) - 1
    month -= month % length
    while (ends := _first_of(month + length)) <= until:
        begins = _first_of(month)
        if begins >= start:
            yield period_of(begins, every), begins, ends
        month += length


def _first_of(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}-01"
