"""Domain: all that a settlement is computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.figures import Posted
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.limits.caps import Taken
from settlement_service.domain.mechanisms.items import Item


@dataclass(frozen=True)
class Basis:
    """All that a settlement is computed from.

    `items` are the items by subject, payable or not. `outcomes` is what rules over several subjects rest on. `claims`
    are those that can say why something is due no more. `settled` is what was posted in each period of the calendar by
    its name, in minor units: `{"2026": 3000000, "2026-03": 500000}`. `rest` is what items that are not looked at take
    up under caps. `only` is the party for whom a part is computed; None for all of it.
    """

    history: History
    terminated_on: date | None
    items: Sequence[Item]
    outcomes: OutcomeData
    posted: Sequence[Posted]
    claims: Mapping[UUID, Claim]
    settled: Mapping[str, int] = field(default_factory=dict)
    rest: Taken = field(default_factory=dict)
    only: Audience | None = None

    def looks_at(self, item: Item) -> bool:
        """Whether the rule of an item is among those that are computed. An item that no rule pays for has none."""
        return self.only is None or not item.key.rule or item.key.rule in self.only.items

    def sees(self, item: Item) -> bool:
        """Whether an item is among those that are settled: also by whom it would pay."""
        rule = item.key.rule
        return self.only is None or not rule or self.only.sees_item(rule, self.history.payee_of(rule, item.version))

    def sees_posted(self, posted: Posted) -> bool:
        """Whether what was posted is among what is settled."""
        return self.only is None or self.only.sees_item(posted.key.item.rule, posted.key.payee)
