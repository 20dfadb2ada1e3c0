"""Storage: the figures of an item as columns: how tables have them, how they are written and read, and sums in SQL."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Column, Row
from sqlalchemy.dialects.postgresql import JSONB

from settlement_service.domain.facts.figures import CUT_KINDS, FIGURES, WITHOUT_ROOM, Figures, figure_of


def figure_columns(prefix: str = "") -> list[Column[Any]]:
    """A column for each figure."""
    return [Column(prefix + name, BigInteger, nullable=False) for name in FIGURES]


def figures_and_shares(prefix: str = "") -> list[Column[Any]]:
    """A column for each figure, and one for what each payer pays of it."""
    return [*figure_columns(prefix), Column(f"{prefix}shares", JSONB, nullable=False)]


def figures_row(figures: Figures, prefix: str = "") -> dict[str, int]:
    """Figures as they are written."""
    return {prefix + name: figure for name, figure in zip(FIGURES, figures.row(), strict=True)}


def figures_in(row: Row[Any], prefix: str = "") -> Figures:
    """The figures in a row."""
    return Figures(*(getattr(row, prefix + name) for name in FIGURES))


def left_by(kinds: Iterable[str], prefix: str = "") -> str:
    """What some kinds of cuts leave of the value, in SQL, as `Figures.left_by`."""
    return f"({' - '.join(prefix + name for name in ('gross_minor', *map(figure_of, kinds)))})"


def under_caps(prefix: str = "") -> str:
    """What takes up room under the caps, in SQL, as `Figures.under_caps_minor`."""
    return left_by(WITHOUT_ROOM, prefix)


def amount(prefix: str = "") -> str:
    """What is left when everything is taken off, in SQL, as `Figures.amount_minor`."""
    return left_by(CUT_KINDS, prefix)


def any_taken(kinds: Iterable[str], prefix: str = "") -> str:
    """Whether one of some kinds took something off, in SQL."""
    return " or ".join(f"{prefix}{figure_of(kind)} <> 0" for kind in kinds) or "false"
