from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.period import Period, is_time_zone, local_date, start_of


def test_the_end_is_not_in_the_period() -> None:
    year = Period(start=date(2026, 1, 1), end=date(2027, 1, 1))
    assert year.holds(date(2026, 1, 1))
    assert year.holds(date(2026, 12, 31))
    assert not year.holds(date(2027, 1, 1))
    assert not year.holds(date(2025, 12, 31))


@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Copenhagen", date(2026, 7, 1)), ("Atlantic/Reykjavik", date(2026, 6, 30))]
)
def test_a_contract_date_is_that_of_the_contracts_own_zone(zone: str, day: date) -> None:
    assert local_date(datetime(2026, 6, 30, 22, 30, tzinfo=UTC), zone) == day


def test_a_zone_is_one_of_the_iana_database() -> None:
    assert is_time_zone("Europe/Helsinki")
    assert not is_time_zone("CET+1")


@pytest.mark.parametrize("zone", ["Europe/Copenhagen", "Atlantic/Reykjavik", "America/Santiago", "Asia/Beirut"])
@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_a_day_starts_with_the_first_instant_that_has_its_date(zone: str, day: date) -> None:
    """In Santiago and Beirut clocks go forward at midnight: there a day begins at one."""
    begun = start_of(day, zone)
    assert local_date(begun, zone) == day
    assert local_date(begun - timedelta(microseconds=1), zone) == day - timedelta(days=1)
