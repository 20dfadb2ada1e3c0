"""Domain: the figures of an item: what is due of it or posted, and by what that is kept."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from operator import add, attrgetter, sub
from typing import TypeAlias
from uuid import UUID

CAPS = ("person", "rule", "period", "contract", "retention", "payer")
"""What may be taken from an item, in the order in which it is."""


@dataclass(frozen=True, slots=True)
class ItemKey:
    """What is paid at most once: one rule, one subject, one occurrence."""

    rule: str
    subject_id: UUID
    occurrence: str


FIGURES = (
    "units",
    "gross_minor",
    "cut_person_minor",
    "cut_rule_minor",
    "cut_period_minor",
    "cut_contract_minor",
    "retained_minor",
    "cut_payer_minor",
)
"""The figures of an item, in their order."""
_ROW = attrgetter(*FIGURES)


@dataclass(frozen=True, slots=True)
class Figures:
    """Units, their value, and what each cap cut from it, what is held back and what no payer is left to pay, in minor
    units; the difference of two when it is what one settlement posts. The amount is what is left."""

    units: int = 0
    gross_minor: int = 0
    cut_person_minor: int = 0
    cut_rule_minor: int = 0
    cut_period_minor: int = 0
    cut_contract_minor: int = 0
    retained_minor: int = 0
    cut_payer_minor: int = 0

    @property
    def under_caps_minor(self) -> int:
        """What takes up room under the caps: also what is only held back, and what no payer pays."""
        cut = self.cut_person_minor + self.cut_rule_minor + self.cut_period_minor + self.cut_contract_minor
        return self.gross_minor - cut

    def left_by(self, caps: Collection[str]) -> int:
        """What some of the caps on items leave of the value, in minor units."""
        by_first = self.cut_person_minor * ("person" in caps) + self.cut_rule_minor * ("rule" in caps)
        by_last = self.cut_period_minor * ("period" in caps) + self.cut_contract_minor * ("contract" in caps)
        return self.gross_minor - by_first - by_last

    @property
    def amount_minor(self) -> int:
        """What is left after all caps."""
        return self.under_caps_minor - self.retained_minor - self.cut_payer_minor

    @property
    def cuts(self) -> tuple[tuple[str, int], ...]:
        """Each cap that cut something, with how much, in their order."""
        return tuple((cap, minor) for cap, minor in zip(CAPS, self.row()[2:], strict=True) if minor)

    def row(self) -> tuple[int, ...]:
        """All figures in their order."""
        found: tuple[int, ...] = _ROW(self)
        return found

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*map(add, self.row(), other.row()))

    def __neg__(self) -> "Figures":
        return Figures(*(-one for one in self.row()))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(*map(sub, self.row(), other.row()))

    def __bool__(self) -> bool:
        return any(self.row())


NOTHING = Figures()

LineKey: TypeAlias = tuple[str, int | None, str]
"""What items are summed under in a statement: rule, price where it has one, and who is paid."""
RuleAndPayee: TypeAlias = tuple[str, str]
"""A rule and whom it pays: an amendment may change who that is."""
ItemPlace: TypeAlias = tuple[UUID, date, str]
"""Where an item stands under its line: subject, date, occurrence."""

Shares: TypeAlias = tuple[tuple[str, int], ...]
"""What each payer pays of an amount, in minor units, in party order; payers of nothing are left out."""


@dataclass(frozen=True, slots=True)
class PostedKey:
    """What posted figures are kept by: the item, its price where it has one, and who is paid."""

    item: ItemKey
    price_minor: int | None
    payee: str


@dataclass(frozen=True, slots=True)
class Posted:
    """What all settlements so far have posted for one key, with the claim, date and version it was posted for last."""

    key: PostedKey
    claim_id: UUID | None
    version: int
    achieved_on: date
    figures: Figures
    shares: Shares


def figures_of(posted: Iterable[Posted]) -> Mapping[ItemKey, Figures]:
    """What has been posted for each item, over all its prices and payees; items of nothing are left out."""
    found: dict[ItemKey, Figures] = {}
    for one in posted:
        found[one.key.item] = found.get(one.key.item, NOTHING) + one.figures
    return {key: figures for key, figures in found.items() if figures}
