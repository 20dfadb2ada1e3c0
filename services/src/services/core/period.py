"""Core: periods of dates, `[start, end)`, and the date of an instant in a contract's time zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from services.core.values import value


@value
class Period:
    """From `start` up to, not including, `end`."""

    start: date
    end: date

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the period."""
        return self.start <= day < self.end


def is_time_zone(name: str) -> bool:
    """Whether `name` is a zone of the IANA database, such as Europe/Copenhagen."""
    return name in available_timezones()


def local_date(instant: datetime, time_zone: str) -> date:
    """The calendar date of an instant where the contract lives."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def start_of(day: date, time_zone: str) -> datetime:
    """The first instant (UTC) of a calendar date where the contract lives."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)
