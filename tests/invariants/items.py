"""Tests: what one rule gives for one subject and occurrence, as the checker keeps it, and how figures add up."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .claims import Known
from .terms import Definition, History, Terms

FIGURES = (
    *("units", "gross_minor", "cut_person_minor", "cut_rule_minor", "cut_period_minor", "cut_contract_minor"),
    *("retained_minor", "cut_payer_minor"),
)
CUTS = ("person", "rule", "period", "contract", "retention", "payer")
DAYS = ("after-termination", "in-grant-window", "in-pause")
"""Why nothing that was achieved on a day is paid."""
Figures = tuple[int, ...]
NOTHING: Figures = (0,) * len(FIGURES)
ItemKey = tuple[str, str, str]
"""Rule, subject, occurrence: what is paid at most once."""
PostedKey = tuple[str, str, str, int | None, str]
"""The same, with the price in minor units where there is one, and who is paid."""


@dataclass(frozen=True)
class Item:
    """What one rule gives for one subject and occurrence before caps, by one version of the terms; `reason` says why
    it gives nothing. `claim_id` is the claim that it rests on alone; `people_count` how many people it is about without
    one."""

    key: ItemKey
    claim_id: str | None
    metric: str
    version: int
    achieved_on: str
    order_key: str = ""
    price: int | None = None
    units: int = 0
    gross: int = 0
    reason: str | None = None
    people_count: int = 0

    def without(self, reason: str) -> "Item":
        """The item, giving nothing; what gave nothing before keeps its reason."""
        return self if self.reason else replace(self, units=0, gross=0, reason=reason)


@dataclass
class Due:
    """An item with what is cut from it, what is held back, and what each payer pays."""

    item: Item
    cut: dict[str, int] = field(default_factory=dict)
    shares: dict[str, int] = field(default_factory=dict)

    @property
    def under_caps(self) -> int:
        """Minor units that take up room under caps."""
        return self.item.gross - sum(minor for kind, minor in self.cut.items() if kind not in ("retention", "payer"))

    @property
    def figures(self) -> Figures:
        """All figures in their order."""
        return (self.item.units, self.item.gross, *(self.cut.get(kind, 0) for kind in CUTS))


def amount(figures: Figures) -> int:
    """Minor units that are left of gross after everything."""
    return figures[1] - sum(figures[2:])


def under_caps(figures: Figures) -> int:
    """Minor units that take up room under caps: also what is held back, and what no payer pays."""
    return figures[1] - sum(figures[2:6])


def plus(figures: Figures, other: Figures, sign: int = 1) -> Figures:
    """Figure by figure."""
    return tuple(a + sign * b for a, b in zip(figures, other, strict=True))


def in_order(history: History, items: Iterable[Item]) -> list[Item]:
    """As items stand under a cap: day, rule, occurrence, then a key that does not depend on arrival."""
    return sorted(
        items,
        key=lambda item: (
            item.achieved_on,
            history.places[item.key[0]],
            history.rank(item.metric, item.key[2]),
            item.order_key,
            item.key[1],
        ),
    )


def reason_of_day(terms: Terms, known: Known, day: str, rule: str = "") -> str | None:
    """Why nothing that was achieved on a day is paid. A grant is paid in its own window."""
    if known.terminated_on is not None and day >= known.terminated_on:
        return "after-termination"
    for window in _around(terms, day):
        if window["mode"] == "grant" and not _is_grant(terms, rule):
            return "in-grant-window"
        if window["mode"] == "paused" and not window["thenPayable"]:
            return "in-pause"
    return None


def waits(terms: Terms, day: str, ends: str) -> bool:
    """Whether what was achieved on a day waits until a pause is over."""
    return any(window["mode"] == "paused" and ends < window["end"] for window in _around(terms, day))


def _around(terms: Terms, day: str) -> list[Definition]:
    return [window for window in terms.windows if window["start"] <= day < window["end"]]


def _is_grant(terms: Terms, rule: str) -> bool:
    return any(window["mode"] == "grant" and window["code"] == rule for window in terms.windows)
