"""Core: periods of the calendar."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

Every: TypeAlias = Literal["month", "quarter", "year"]
"""Periods of the calendar: 2026-03, 2026-Q1, 2026."""
MONTHS: Mapping[Every, int] = MappingProxyType({"month": 1, "quarter": 3, "year": 12})
"""How many months each has."""
