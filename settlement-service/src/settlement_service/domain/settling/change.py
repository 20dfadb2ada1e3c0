"""Domain: one item of a settlement: what is due now, what was posted before, and so what is posted."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import NOTHING, Figures, ItemPlace, LineKey, Posted, PostedKey, Shares
from settlement_service.domain.limits.shares import Shared
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.working import Node
from settlement_service.domain.settling.reasons import Reason, Why


@dataclass(frozen=True, slots=True)
class Change:
    """One item of a settlement: what is due `now` and what was posted `before`; the difference is what is posted. Of
    1,000.00 due and 800.00 posted, 200.00 is posted. Where both are the same, the day of the achievement was corrected:
    nothing is posted but the other day. `now_shares` and `before_shares` are what each payer pays of it."""

    key: PostedKey
    claim_id: UUID | None
    version: int
    achieved_on: date
    order_key: str
    claimed_units: int
    now: Figures
    before: Figures
    now_shares: Shares = ()
    before_shares: Shares = ()
    reason: Reason | None = None
    decided_by: tuple[str, ...] = ()
    decided_at: datetime | None = None
    deemed: bool = False
    working: Node | None = None
    measured_people: int = 0

    @property
    def line(self) -> LineKey:
        """The line that it is summed under."""
        return self.key.item.rule, self.key.price_minor, self.key.payee

    @property
    def place(self) -> ItemPlace:
        """Where it stands under its line."""
        return self.key.item.subject_id, self.achieved_on, self.key.item.occurrence

    @property
    def difference(self) -> Figures:
        """What this settlement adds to what was posted."""
        return self.now - self.before

    @property
    def shares(self) -> Shares:
        """What each payer pays more than before, in minor units; payers of nothing are left out."""
        more = Counter(dict(self.now_shares))
        more.subtract(dict(self.before_shares))
        return tuple((payer, minor) for payer, minor in more.items() if minor)


def change_of(key: PostedKey, item: Item, shared: Shared | None = None, earlier: Posted | None = None) -> Change:
    """The change of an item. `shared` is what is due of it, nothing where it is left out; `earlier` is what was posted
    of it."""
    return Change(
        key=key,
        claim_id=item.claim_id,
        version=item.version,
        achieved_on=item.achieved_on,
        order_key=item.order_key,
        claimed_units=item.claimed_units,
        now=shared.due.figures if shared else NOTHING,
        before=earlier.figures if earlier else NOTHING,
        now_shares=shared.shares if shared else (),
        before_shares=earlier.shares if earlier else (),
        reason=item.reason,
        decided_by=item.decided_by,
        decided_at=item.decided_at,
        deemed=item.deemed,
        working=item.working,
        measured_people=item.measured_people,
    )


def taken_back(posted: Posted, why: Why) -> Change:
    """The change that takes back what was posted and is due no more, and why."""
    return Change(
        key=posted.key,
        claim_id=posted.claim_id,
        version=posted.version,
        achieved_on=posted.achieved_on,
        order_key=why.order_key,
        claimed_units=why.units,
        now=NOTHING,
        before=posted.figures,
        before_shares=posted.shares,
        reason=why.reason,
        decided_by=why.decided_by,
        decided_at=why.decided_at,
        deemed=why.deemed,
        working=why.working,
    )


def place_of(history: History, change: Change) -> tuple[tuple[int, int, int, str], ItemPlace]:
    """The place of an item among those of its settlement: by line, then subject, date, occurrence. The items of one
    subject under one line stand together, so that the hash over them does not depend on other subjects."""
    return place_of_line(history, change.line), change.place


def place_of_line(history: History, line: LineKey) -> tuple[int, int, int, str]:
    """The place of a line: by rule, price, payee."""
    rule, price_minor, payee = line
    return history.positions[rule], history.rules[rule].price_rank(price_minor), price_minor or 0, payee
