"""Core: periods of the calendar."""

from typing import Literal, TypeAlias

Every: TypeAlias = Literal["month", "quarter", "year"]
"""Periods of the calendar: 2026-03, 2026-Q1, 2026."""
