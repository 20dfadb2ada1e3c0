"""Domain: the figures of an item: units, value, cuts and amount; and the keys that posted figures are kept by."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from operator import add, attrgetter, sub
from types import MappingProxyType
from typing import Literal, TypeAlias
from uuid import UUID

CutKind: TypeAlias = Literal["person", "rule", "period", "contract", "retention", "payer"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One kind of cut: by a cap, by a retention, or because no payer is left.

    `kind` is its name in terms, statements and answers. `figure` is the figure of an item that counts it, in minor
    units, and the column in tables. `keeps_room`: what it takes off takes up room under the caps all the same.
    `comes_free`: when what it took off may become due without a fact about the subject itself: always, or only by
    another version of the terms. `in_english` and `in_danish` are its words in explanations.
    """

    kind: CutKind
    figure: str
    keeps_room: bool
    comes_free: Literal["always", "by_version"]
    in_english: str
    in_danish: str


CUTS = (
    Cut(
        kind="person",
        figure="cut_person_minor",
        keeps_room=False,
        comes_free="by_version",
        in_english="the cap on a person",
        in_danish="loft pr. person",
    ),
    Cut(
        kind="rule",
        figure="cut_rule_minor",
        keeps_room=False,
        comes_free="always",
        in_english="the cap on the rule",
        in_danish="loft for reglen",
    ),
    Cut(
        kind="period",
        figure="cut_period_minor",
        keeps_room=False,
        comes_free="always",
        in_english="the cap on the period",
        in_danish="loft for perioden",
    ),
    Cut(
        kind="contract",
        figure="cut_contract_minor",
        keeps_room=False,
        comes_free="always",
        in_english="the cap on the contract",
        in_danish="loft for kontrakten",
    ),
    Cut(
        kind="retention",
        figure="retained_minor",
        keeps_room=True,
        comes_free="always",
        in_english="held back",
        in_danish="tilbageholdt",
    ),
    Cut(
        kind="payer",
        figure="cut_payer_minor",
        keeps_room=True,
        comes_free="always",
        in_english="no payer is left to pay it",
        in_danish="ingen betaler har mere tilbage",
    ),
)
"""The kinds of cuts, in the order in which they are taken. Columns, SQL, CSV, words and the shape of a posting follow
from them. A new kind is also named in `CutKind`, has a field in `Figures`, and gets its columns by a migration."""
CUT_KINDS: tuple[CutKind, ...] = tuple(cut.kind for cut in CUTS)
WITHOUT_ROOM: tuple[CutKind, ...] = tuple(cut.kind for cut in CUTS if not cut.keeps_room)
"""The kinds whose cuts leave their room under the caps to other items."""
FIGURES = ("units", "gross_minor", *(cut.figure for cut in CUTS))
"""The figures of an item, in their order."""

_FIGURE_OF: Mapping[str, str] = MappingProxyType({cut.kind: cut.figure for cut in CUTS})
_ROW = attrgetter(*FIGURES)
_TAKEN = attrgetter(*(cut.figure for cut in CUTS))
_LEAVING_ROOM = attrgetter(*(cut.figure for cut in CUTS if not cut.keeps_room))


def figure_of(kind: str) -> str:
    """The figure that counts what a kind takes off. Errors: KeyError for a kind that is none of `CUTS`."""
    return _FIGURE_OF[kind]


@dataclass(frozen=True, slots=True)
class ItemKey:
    """One rule, one subject, one occurrence: what is paid at most once. The subject is the contract's id where a rule
    pays over several subjects."""

    rule: str
    subject_id: UUID
    occurrence: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Units, their value before caps, and what each of `CUTS` took off it, in minor units. The amount is what is left.
    Of 3,000.00 a cap on the contract takes 500.00, and 250.00 is held back: the amount is 2,250.00, and 2,500.00 is
    taken up under the caps. What one settlement posts is the difference of two such figures."""

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
        """What takes up room under the caps, in minor units: also what is held back, and what no payer pays."""
        cut: Iterable[int] = _LEAVING_ROOM(self)
        return self.gross_minor - sum(cut)

    def taken(self, kind: CutKind) -> int:
        """What one kind of `CUTS` took off, in minor units. Errors: KeyError for any other kind."""
        minor: int = getattr(self, figure_of(kind))
        return minor

    def with_taken(self, kind: CutKind, minor: int) -> "Figures":
        """These, with so many minor units taken off by one kind."""
        return replace(self, **{figure_of(kind): minor})

    def left_by(self, kinds: Collection[str]) -> int:
        """What some kinds leave of the value, in minor units."""
        taken: Iterable[int] = [getattr(self, _FIGURE_OF[kind]) for kind in kinds]
        return self.gross_minor - sum(taken)

    @property
    def amount_minor(self) -> int:
        """What is left when every cut is taken off, in minor units."""
        taken: Iterable[int] = _TAKEN(self)
        return self.gross_minor - sum(taken)

    @property
    def cuts(self) -> tuple[tuple[CutKind, int], ...]:
        """Each kind that took something off, with how much, in their order."""
        return tuple((kind, minor) for kind, minor in zip(CUT_KINDS, _TAKEN(self), strict=True) if minor)

    def row(self) -> tuple[int, ...]:
        """All figures in their order."""
        figures: tuple[int, ...] = _ROW(self)
        return figures

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*map(add, self.row(), other.row()))

    def __neg__(self) -> "Figures":
        return Figures(*(-figure for figure in self.row()))

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
    """What has been posted for each item, over all its prices and payees. Items whose postings come to nothing are left
    out."""
    by_item: dict[ItemKey, Figures] = {}
    for each in posted:
        by_item[each.key.item] = by_item.get(each.key.item, NOTHING) + each.figures
    return {key: figures for key, figures in by_item.items() if figures}
