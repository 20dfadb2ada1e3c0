"""Domain: what a settlement posts: the difference between what is due now and what has been posted, item by item."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from settlement_service.domain.caps import NONE_TAKEN, Due, Taken, apply_caps, net_of, taken_by
from settlement_service.domain.claims import Claim
from settlement_service.domain.items import NOTHING, Figures, Item, ItemKey, Posted, PostedKey
from settlement_service.domain.terms import Terms

Reason: TypeAlias = str
"""Why nothing is due any more: the state of the claim, or why its item is not payable."""


@dataclass(frozen=True, slots=True)
class Change:
    """One item of a settlement: what is due `now`, what was posted `before`; the difference is what is posted."""

    key: PostedKey
    claim_id: UUID
    achieved_on: date
    order_key: str
    claimed_units: int
    now: Figures
    before: Figures
    reason: Reason | None = None
    decided_by: tuple[str, ...] = ()
    decided_at: datetime | None = None

    @property
    def difference(self) -> Figures:
        """What this settlement adds to what was posted."""
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class NumberedItem:
    """An item with its number among those of the settlement that the reader may see, from 1."""

    number: int
    change: Change


def settle(
    terms: Terms,
    ends: date,
    items: Sequence[Item],
    posted: Sequence[Posted],
    claims: Mapping[UUID, Claim],
    rest: Taken = NONE_TAKEN,
) -> list[Change]:
    """What everything achieved before `ends` changes: one change for each key whose figures differ, in the order of
    rules, prices, dates, occurrences. What is posted for a later date stays, and keeps its place under the caps.

    `items` hold also those that are not payable: they give reasons. So do `claims`: needed are those that were
    posted and count no more, and what took their place. `rest` is what others' items take up under the caps."""
    payable = [item for item in items if item.reason is None and item.achieved_on < ends]
    keys = {item.key for item in payable}
    covered = [one for one in posted if one.achieved_on < ends or one.key.item in keys]
    later = [one for one in posted if not (one.achieved_on < ends or one.key.item in keys)]
    due = apply_caps(terms, payable, net_of(covered), taken_by(later).plus(rest))
    return _changes(terms, due, covered, _Reasons(items, claims))


def _changes(terms: Terms, due: Iterable[Due], posted: Iterable[Posted], reasons: "_Reasons") -> list[Change]:
    before = {one.key: one for one in posted if one.figures}
    found = []
    for one in due:
        key = _posted_key(terms, one.item)
        earlier = before.pop(key, None)
        change = _changed(key, one, earlier.figures if earlier else NOTHING)
        if change.difference:
            found.append(change)
    found.extend(_taken_back(one, reasons) for one in before.values())
    return sorted(found, key=lambda change: _place(terms, change))


def _posted_key(terms: Terms, item: Item) -> PostedKey:
    (payer,) = terms.payers()
    return PostedKey(item.key, item.price_minor, payer, terms.rules[item.key.rule].payee)


def _changed(key: PostedKey, due: Due, before: Figures) -> Change:
    item = due.item
    return Change(
        key=key,
        claim_id=item.claim_id,
        achieved_on=item.achieved_on,
        order_key=item.order_key,
        claimed_units=item.claimed_units,
        now=due.figures,
        before=before,
        decided_by=item.decided_by,
        decided_at=item.decided_at,
    )


def _taken_back(posted: Posted, reasons: "_Reasons") -> Change:
    claim = reasons.claims[posted.claim_id]
    reason, decided_by, decided_at = reasons.of(posted)
    return Change(
        key=posted.key,
        claim_id=posted.claim_id,
        achieved_on=posted.achieved_on,
        order_key=claim.order_key,
        claimed_units=claim.units,
        now=NOTHING,
        before=posted.figures,
        reason=reason,
        decided_by=decided_by,
        decided_at=decided_at,
    )


def _place(terms: Terms, change: Change) -> tuple[int, int, date, tuple[int, str], str]:
    rule = terms.rules[change.key.item.rule]
    rank = terms.metrics[rule.metric].rank(change.key.item.occurrence)
    return rule.position, rule.price_rank(change.key.price_minor), change.achieved_on, rank, change.order_key


class _Reasons:
    """Why what was posted is due no more."""

    def __init__(self, items: Iterable[Item], claims: Mapping[UUID, Claim]) -> None:
        self.claims = claims
        self._not_payable: dict[tuple[UUID, str], Reason] = {}
        self._payable: dict[ItemKey, Item] = {}
        for item in items:
            if item.reason is None:
                self._payable[item.key] = item
            else:
                self._not_payable[item.claim_id, item.key.rule] = item.reason

    def of(self, posted: Posted) -> tuple[Reason, tuple[str, ...], datetime | None]:
        """The reason, with the decision that tells: on the posted claim or on the last that took its place."""
        item = self._payable.get(posted.key.item)
        if item is not None:
            reason = "other-price" if item.price_minor != posted.key.price_minor else "after-the-period"
            return reason, item.decided_by, item.decided_at
        claim = self.claims[posted.claim_id]
        while claim.superseded_by is not None and claim.superseded_by in self.claims:
            claim = self.claims[claim.superseded_by]
        return self._of(claim, posted.key.item.rule), claim.decided_by, claim.decided_at

    def _of(self, claim: Claim, rule: str) -> Reason:
        if claim.counts:
            return self._not_payable.get((claim.id, rule), "other-occurrence")
        return "correction-not-verified" if claim.state == "submitted" else claim.state
