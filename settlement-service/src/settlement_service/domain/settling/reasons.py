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
"""Why nothing is due (any more): the state of the claim, or why its item is not payable."""


@dataclass(frozen=True, slots=True)
class Why:
    """The reason, with the decision that tells: on the posted claim or on the last that took its place."""

    reason: Reason
    order_key: str = ""
    units: int = 0
    decided_by: tuple[str, ...] = ()
    decided_at: datetime | None = None
    deemed: bool = False
    working: Node | None = None


class Reasons:
    """Looks up reasons among all items as they stand, and the claims that count no more, or give no item."""

    def __init__(self, history: History, items: Iterable[Item], claims: Mapping[UUID, Claim], ends: date) -> None:
        self._history, self._claims, self._ends = history, claims, ends
        self._not_payable: dict[tuple[UUID | None, str], Item] = {}
        self._payable: dict[ItemKey, Item] = {}
        self._whole: dict[ItemKey, Item] = {}
        self._of_counting: dict[tuple[UUID | None, str], Item] = {}
        for item in items:
            self._of_counting[item.claim_id, item.key.rule] = item
            if item.reason is None:
                self._payable[item.key] = item
            else:
                self._not_payable[item.claim_id, item.key.rule] = item
                self._whole[item.key] = item

    def of(self, posted: Posted) -> Why:
        """Why nothing is due any more for what was posted. Of what has become another payee's to be paid for, nothing
        else is said: a claim that the reader is not given is such a one."""
        if posted.claim_id is None:
            return self._of_whole(posted)
        first, rule = self._claims.get(posted.claim_id), posted.key.item.rule
        if self._is_anothers(posted, posted.achieved_on):
            return Why("other-price")
        if first is None:
            own = self._of_counting.get((posted.claim_id, rule))
            if own is None:
                return Why("other-price")
            why = Why(own.reason or "other-occurrence", own.order_key, own.claimed_units)
            decision: Claim | Item = own
        else:
            claim = self._last(first)
            if claim.superseded_by is not None or self._is_anothers(posted, claim.achieved_on):
                return Why("other-price", first.order_key, first.units)
            why = Why(self._of_claim(claim, posted.key.item), first.order_key, first.units)
            decision = claim
        item = self._payable.get(posted.key.item)
        if item is not None:
            why = replace(why, reason="after-the-period" if item.achieved_on >= self._ends else "other-price")
            decision = item
        return replace(why, decided_by=decision.decided_by, decided_at=decision.decided_at, deemed=decision.deemed)

    def _is_anothers(self, posted: Posted, day: date) -> bool:
        rule = self._history.governing(day).rules.get(posted.key.item.rule)
        return rule is not None and rule.payee != posted.key.payee

    def _last(self, claim: Claim) -> Claim:
        """The claim, or the last that took its place. What is claimed on another metric is not given to everybody who
        was paid for this one."""
        while claim.superseded_by is not None:
            after = self._claims.get(claim.superseded_by)
            if after is None or after.metric != claim.metric:
                break
            claim = after
        return claim

    def _of_claim(self, claim: Claim, of: ItemKey) -> Reason:
        """By the claim, or the last that took its place. What one about another subject gives is no reason: those are
        settled without a look at each other."""
        if claim.counts:
            item = self._not_payable.get((claim.id, of.rule)) if claim.subject_id == of.subject_id else None
            return item.reason or "other-occurrence" if item else "other-occurrence"
        return "correction-not-verified" if claim.state == "submitted" else claim.state

    def _of_whole(self, posted: Posted) -> Why:
        """What rests on no single claim is due as its rule now says."""
        item = self._whole.get(posted.key.item)
        if item is None or item.reason is None:
            return Why("measured-otherwise")
        return Why(item.reason, working=item.working)
