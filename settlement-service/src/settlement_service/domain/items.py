"""Domain: the figures of an item: what one rule gives for one person and occurrence, and what was posted of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from settlement_service.domain.terms import Terms

NotPayable: TypeAlias = Literal[
    "no-rule",
    "no-price",
    "after-termination",
    "same-occurrence",
    "not-first-occurrence",
    "over-payments-per-person",
    "over-units-per-person",
]
CAPS = ("person", "rule", "contract")
"""The order in which caps are applied."""


@dataclass(frozen=True, slots=True)
class ItemKey:
    """What is paid at most once: one rule, one person, one occurrence."""

    rule: str
    subject_id: UUID
    occurrence: str


@dataclass(frozen=True, slots=True)
class Item:
    """What one rule gives for one verified claim, before caps. `reason` says why it gives nothing; then units and
    gross are 0. `rule` is empty when no rule pays for the metric. Units count payable occurrences."""

    key: ItemKey
    claim_id: UUID
    metric: str
    achieved_on: date
    order_key: str
    claimed_units: int
    price_minor: int = 0
    units: int = 0
    gross_minor: int = 0
    reason: NotPayable | None = None
    decided_by: tuple[str, ...] = ()
    decided_at: datetime | None = None


def in_order(terms: Terms, items: Iterable[Item]) -> list[Item]:
    """Items as they stand under a cap: achieved date, rule position, occurrence, then a key that does not depend
    on arrival (domain.md, section 3)."""

    def place(item: Item) -> tuple[date, int, tuple[int, str], str]:
        rank = terms.metrics[item.metric].rank(item.key.occurrence)
        return item.achieved_on, terms.rules[item.key.rule].position, rank, item.order_key

    return sorted(items, key=place)


@dataclass(frozen=True, slots=True)
class Figures:
    """Units, their value at the price, and what each cap cut from it, in minor units; the difference of two when
    it is what one settlement posts. The amount is what is left."""

    units: int = 0
    gross_minor: int = 0
    cut_person_minor: int = 0
    cut_rule_minor: int = 0
    cut_contract_minor: int = 0

    @property
    def amount_minor(self) -> int:
        """What is left after all caps."""
        return self.gross_minor - self.cut_person_minor - self.cut_rule_minor - self.cut_contract_minor

    @property
    def cuts(self) -> tuple[tuple[str, int], ...]:
        """Each cap that cut something, with how much, in their order."""
        cuts = zip(CAPS, (self.cut_person_minor, self.cut_rule_minor, self.cut_contract_minor), strict=True)
        return tuple((cap, minor) for cap, minor in cuts if minor)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.units + other.units,
            self.gross_minor + other.gross_minor,
            self.cut_person_minor + other.cut_person_minor,
            self.cut_rule_minor + other.cut_rule_minor,
            self.cut_contract_minor + other.cut_contract_minor,
        )

    def __neg__(self) -> "Figures":
        return Figures(
            -self.units, -self.gross_minor, -self.cut_person_minor, -self.cut_rule_minor, -self.cut_contract_minor
        )

    def __sub__(self, other: "Figures") -> "Figures":
        return self + -other

    def __bool__(self) -> bool:
        return self != NOTHING


NOTHING = Figures()


@dataclass(frozen=True, slots=True)
class PostedKey:
    """What posted figures are kept by: the item, its price, who pays and who is paid."""

    item: ItemKey
    price_minor: int
    payer: str
    payee: str


@dataclass(frozen=True, slots=True)
class Posted:
    """What all settlements so far have posted for one key, with the claim and date it was posted for at last."""

    key: PostedKey
    claim_id: UUID
    achieved_on: date
    figures: Figures
