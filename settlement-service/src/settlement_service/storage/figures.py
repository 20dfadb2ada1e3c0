"""Storage: the figures of an item as columns: how tables have them, and how they are written and read."""

from typing import Any

from sqlalchemy import BigInteger, Column, Row
from sqlalchemy.dialects.postgresql import JSONB

from settlement_service.domain.facts.figures import FIGURES, Figures


def figure_columns(prefix: str = "") -> list[Column[Any]]:
    """A column for each figure."""
    return [Column(prefix + name, BigInteger, nullable=False) for name in FIGURES]


def figures_and_shares(prefix: str = "") -> list[Column[Any]]:
    """These, and what each payer pays of it."""
    return [*figure_columns(prefix), Column(f"{prefix}shares", JSONB, nullable=False)]


def figures_row(figures: Figures, prefix: str = "") -> dict[str, int]:
    """Figures as they are written."""
    return {prefix + name: figure for name, figure in zip(FIGURES, figures.row(), strict=True)}


def figures_in(row: Row[Any], prefix: str = "") -> Figures:
    """The figures in a row."""
    return Figures(*(getattr(row, prefix + name) for name in FIGURES))
