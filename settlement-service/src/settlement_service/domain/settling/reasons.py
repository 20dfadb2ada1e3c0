"""Domain: why what was posted is due no more, and who decided it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.figures import ItemKey, Posted
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.working import Node

Reason: TypeAlias = str
"""Why nothing is due (any more): the state of the claim (`rejected`), or why its item is not payable (`no-price`)."""


@dataclass(frozen=True, slots=True)
class Why:
    """A reason, with the decision that it rests on: on the posted claim, or on the last that took its place."""

    reason: Reason
    order_key: str = ""
    units: int = 0
    decided_by: tuple[str, ...] = ()
    decided_at: datetime | None = None
    deemed: bool = False
    working: Node | None = None


class Reasons:
    """The look-up of why something posted is due no more. It searches all items as they stand, and the claims that
    count no more or give no item."""

    def __init__(self, history: History, items: Iterable[Item], claims: Mapping[UUID, Claim], ends: date) -> None:
        self._history, self._claims, self._ends = history, claims, ends
        self._not_payable: dict[tuple[UUID | None, str], Item] = {}
        self._payable: dict[ItemKey, Item] = {}
        self._not_payable_by_key: dict[ItemKey, Item] = {}
        self._by_claim: dict[tuple[UUID | None, str], Item] = {}
        for item in items:
            self._by_claim[item.claim_id, item.key.rule] = item
            if item.reason is None:
                self._payable[item.key] = item
            else:
                self._not_payable[item.claim_id, item.key.rule] = item
                self._not_payable_by_key[item.key] = item

    def why(self, posted: Posted) -> Why:
        """Why nothing is due any more for what was posted. Where another payee is now paid for it, that alone is the
        reason, `other-price`: a reader who recomputes from a part of the inputs is not given the claim, and must come
        to the same reason."""
        if posted.claim_id is None:
            return self._of_rule(posted)
        first, rule = self._claims.get(posted.claim_id), posted.key.item.rule
        if self._has_other_payee(posted, posted.achieved_on):
            return Why("other-price")
        if first is None:
            own = self._by_claim.get((posted.claim_id, rule))
            if own is None:
                return Why("other-price")
            why = Why(own.reason or "other-occurrence", own.order_key, own.claimed_units)
            decision: Claim | Item = own
        else:
            claim = self._last(first)
            if claim.superseded_by is not None or self._has_other_payee(posted, claim.achieved_on):
                return Why("other-price", first.order_key, first.units)
            why = Why(self._of_claim(claim, posted.key.item), first.order_key, first.units)
            decision = claim
        item = self._payable.get(posted.key.item)
        if item is not None:
            why = replace(why, reason="after-the-period" if item.achieved_on >= self._ends else "other-price")
            decision = item
        return replace(why, decided_by=decision.decided_by, decided_at=decision.decided_at, deemed=decision.deemed)

    def _has_other_payee(self, posted: Posted, day: date) -> bool:
        rule = self._history.governing(day).rules.get(posted.key.item.rule)
        return rule is not None and rule.payee != posted.key.payee

    def _last(self, claim: Claim) -> Claim:
        """The claim, or the last that took its place on the same metric. One on another metric is not followed: not
        everybody who was paid for this one is given it."""
        while claim.superseded_by is not None:
            after = self._claims.get(claim.superseded_by)
            if after is None or after.metric != claim.metric:
                break
            claim = after
        return claim

    def _of_claim(self, claim: Claim, key: ItemKey) -> Reason:
        """The reason by the claim that now stands for an item. What a claim about another subject gives is no reason:
        subjects are settled without a look at each other."""
        if claim.counts:
            item = self._not_payable.get((claim.id, key.rule)) if claim.subject_id == key.subject_id else None
            return item.reason or "other-occurrence" if item else "other-occurrence"
        return "correction-not-verified" if claim.state == "submitted" else claim.state

    def _of_rule(self, posted: Posted) -> Why:
        """The reason of what rests on no single claim: its rule's, with the working that says why; or that the figure
        it rests on is another one now."""
        item = self._not_payable_by_key.get(posted.key.item)
        if item is None or item.reason is None:
            return Why("measured-otherwise")
        return Why(item.reason, working=item.working)
