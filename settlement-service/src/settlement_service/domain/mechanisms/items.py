"""Domain: an item: what one rule gives for one subject and occurrence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.mechanisms.working import Node

NotPayable: TypeAlias = Literal[
    "no-rule",
    "no-price",
    "after-termination",
    "same-occurrence",
    "not-first-occurrence",
    "over-payments-per-person",
    "over-units-per-person",
    "over-units",
    "prerequisite-missing",
    "condition-not-met",
    "not-yet-measured",
    "gate-not-met",
    "not-delivered",
    "after-due-date",
    "no-band",
    "in-grant-window",
    "in-pause",
]


@dataclass(frozen=True, slots=True)
class Item:
    """What one rule gives for one subject and occurrence, before caps: an entitlement. It goes by the version of the
    terms that governs its date. `units` are payable units, `gross_minor` their value in minor units. `reason` says why
    it gives nothing; then both are 0. `price_minor` is None where no price a unit is paid. `key.rule` is empty where no
    rule pays for the metric. `claim_id` is the claim that it rests on alone. Where it rests on several, `working` is
    how its amount was computed, and `measured_people` how many people these are about."""

    key: ItemKey
    claim_id: UUID | None
    metric: str
    version: int
    achieved_on: date
    order_key: str
    claimed_units: int = 0
    price_minor: int | None = None
    units: int = 0
    gross_minor: int = 0
    reason: NotPayable | None = None
    decided_by: tuple[str, ...] = ()
    decided_at: datetime | None = None
    deemed: bool = False
    working: Node | None = None
    measured_people: int = 0


def in_order(history: History, items: Iterable[Item]) -> list[Item]:
    """Items as they stand under a cap: by achieved date, rule position, occurrence, then a key that does not depend on
    arrival (domain.md, section 3.4)."""

    def place(item: Item) -> tuple[date, int, tuple[int, str], str, str]:
        rank = history.rank(item.metric, item.key.occurrence)
        subject = str(item.key.subject_id)
        return item.achieved_on, history.positions[item.key.rule], rank, item.order_key, subject

    return sorted(items, key=place)
