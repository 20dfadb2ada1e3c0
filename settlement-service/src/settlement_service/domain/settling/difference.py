"""Domain: what a settlement posts: the difference between what is due now and what has been posted, item by item."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.calendar import last_day_before
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.figures import (
    NOTHING,
    Figures,
    ItemKey,
    ItemPlace,
    LineKey,
    Posted,
    PostedKey,
    RuleAndPayee,
    Shares,
    figures_of,
)
from settlement_service.domain.facts.outcome_data import Facts
from settlement_service.domain.limits.below_zero import that_stay
from settlement_service.domain.limits.caps import Posting, Taken, apply_caps, taken_by
from settlement_service.domain.limits.conditioned import conditioned, is_ready
from settlement_service.domain.limits.payers import Held, Shared, hold_back, split_among_payers
from settlement_service.domain.mechanisms.conditions import decided
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.mechanisms.of_contract import contract_items
from settlement_service.domain.mechanisms.working import Node
from settlement_service.domain.settling.reasons import Reason, Reasons
from settlement_service.domain.settling.unpaid import why_nothing


@dataclass(frozen=True, slots=True)
class Change:
    """One item of a settlement: what is due `now`, what was posted `before`; the difference is what is posted. The
    shares are what each payer pays of it. Where both are the same, another day is posted: that of its achievement was
    corrected."""

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
    behind: int = 0

    @property
    def line(self) -> LineKey:
        """What it is summed under."""
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


@dataclass(frozen=True)
class Basis:
    """All that a settlement is computed from. `items` are those by subject, payable or not; `facts` what rules that
    look at several subjects rest on; `claims` those that can say why something is due no more. `settled` is what was
    posted in each period of the calendar, by its name. `rest` is what items of others take up, for a party that sees a
    part; `only` is then that party."""

    history: History
    terminated_on: date | None
    items: Sequence[Item]
    facts: Facts
    posted: Sequence[Posted]
    claims: Mapping[UUID, Claim]
    settled: Mapping[str, int] = field(default_factory=dict)
    rest: Taken = field(default_factory=dict)
    only: Audience | None = None

    def looks_at(self, item: Item) -> bool:
        """Whether an item's rule is among those that are computed."""
        return self.only is None or not item.key.rule or item.key.rule in self.only.items

    def sees(self, item: Item) -> bool:
        """Whether an item is among those that are settled."""
        rule = item.key.rule
        return self.only is None or not rule or self.only.sees_item(rule, self.history.payee_of(rule, item.version))

    def sees_posted(self, posted: Posted) -> bool:
        """Whether what was posted is."""
        return self.only is None or self.only.sees_item(posted.key.item.rule, posted.key.payee)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settlement changes, and for each rule that gives nothing (more) to a payee, why. `items` are all that is
    told of it: what changes, and what looks at several subjects and gives nothing (yet), so that one can see why; both
    in the order of `place_of`. `standing` is what rests on several subjects together, and stays as it was posted."""

    changes: list[Change]
    nothing: Mapping[RuleAndPayee, Reason]
    items: list[Change]
    standing: tuple[Change, ...] = ()


def due_before(basis: Basis, ends: date) -> tuple[list[Item], list[Shared], list[Posted]]:
    """All items as they stand for what was achieved before `ends`, what is due for those that are payable, and what
    was posted for what is looked at."""
    history = basis.history
    everything = [*basis.items, *contract_items(history, basis.terminated_on, basis.facts, ends)]
    seen = [item for item in everything if basis.looks_at(item)]
    posted = [one for one in basis.posted if basis.sees_posted(one)]
    figures = figures_of(posted)
    stays = {one.key.item for one in posted if one.claim_id is None and one.achieved_on >= ends and one.figures}
    items = conditioned(history, seen, basis.facts, ends, figures)
    payable = [
        item
        for item in items
        if item.reason is None
        and item.key not in stays
        and basis.sees(item)
        and _may_be_settled(history, item, ends, figures)
    ]
    keys = {item.key for item in payable}
    covered = [one for one in posted if one.achieved_on < ends or one.key.item in keys]
    later = [one for one in posted if not (one.achieved_on < ends or one.key.item in keys)]
    terms = history.at_end(ends)
    taken = taken_by(terms.limits, later)
    taken.update(basis.rest)
    stay = that_stay(history, terms.limits, payable, covered, taken)
    if stay:
        payable = [item for item in payable if item.key not in stay]
        taken.update(taken_by(terms.limits, [one for one in covered if one.key.item in stay]))
        covered = [one for one in covered if one.key.item not in stay]
    days = {one.key.item: one.achieved_on for one in covered if one.figures}
    posting = Posting(figures_of(covered), basis.settled, last_day_before(ends), days)
    held = Held(_released(basis, ends), _released_later(basis), figures)
    due = hold_back(history, apply_caps(history, terms.limits, payable, posting, taken), held)
    paid: dict[ItemKey, Counter[str]] = {}
    for one in covered:
        paid.setdefault(one.key.item, Counter()).update(dict(one.shares))
    before = {key: tuple(shares.items()) for key, shares in paid.items()}
    return items, split_among_payers(history, posting.last_day, due, before, taken), covered


def settle(basis: Basis, ends: date) -> Settled:
    """What everything achieved before `ends` changes: one change for each key whose figures or day differ. What is
    posted for a later date stays, and keeps its place under the caps; so does what is below zero and gave it room."""
    items, due, covered = due_before(basis, ends)
    reasons = Reasons(basis.history, items, basis.claims, ends)
    found, standing = _changes(basis.history, due, covered, reasons)
    changes = _in_place(basis.history, found)
    told = items if basis.only is None else [item for item in items if basis.sees(item)]
    nothing = why_nothing(basis.history, told, basis.facts, ends)
    unpaid = _unpaid(basis.history, told, basis.posted, ends)
    everything = _in_place(basis.history, [*changes, *unpaid]) if unpaid else changes
    return Settled(changes, nothing, everything, tuple(standing))


def _in_place(history: History, changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: place_of(history, change))


def _unpaid(history: History, items: Iterable[Item], posted: Iterable[Posted], ends: date) -> list[Change]:
    """What looks at several subjects, gives nothing and has nothing posted."""
    known = {one.key for one in posted if one.figures}
    nothing = (
        _changed(PostedKey(item.key, None, history.payee_of(item.key.rule, item.version)), item)
        for item in items
        if item.claim_id is None and item.reason is not None and item.achieved_on < ends
    )
    return [change for change in nothing if change.key not in known]


def _may_be_settled(history: History, item: Item, ends: date, posted: Mapping[ItemKey, Figures]) -> bool:
    """Whether an item is due for `ends`: what was paid when a pause was over is, also when an earlier day is settled
    again."""
    return is_ready(history, item, ends) or (item.achieved_on < ends and bool(posted.get(item.key)))


def _released(basis: Basis, ends: date) -> frozenset[int]:
    """The versions of the terms whose retention is over."""
    facts = basis.facts.before(ends)
    return frozenset(terms.version for terms in basis.history.versions if _is_released(terms, facts, ends))


def _released_later(basis: Basis) -> frozenset[int]:
    """The versions whose retention is over by all that is known: what was released then is not held back again when an
    earlier period is settled once more."""
    versions = basis.history.versions
    return frozenset(terms.version for terms in versions if _is_released(terms, basis.facts, date.max))


def _is_released(terms: Terms, facts: Facts, ends: date) -> bool:
    retention = terms.retention
    if retention is None:
        return True
    if retention.release_on is not None:
        return retention.release_on < ends
    assert retention.release_when is not None
    return decided(retention.release_when, terms, facts).value is True


def _changes(
    history: History, due: Iterable[Shared], posted: Iterable[Posted], reasons: Reasons
) -> tuple[list[Change], list[Change]]:
    """What differs from what was posted; and of what rests on no single claim, what does not."""
    before = {one.key: one for one in posted if one.figures or one.shares}
    found, standing = list[Change](), list[Change]()
    for one in due:
        item = one.due.item
        key = PostedKey(item.key, item.price_minor, history.payee_of(item.key.rule, item.version))
        earlier = before.pop(key, None)
        change = _changed(key, item, one, earlier)
        is_moved = earlier is not None and earlier.achieved_on != item.achieved_on
        if change.difference or change.shares or is_moved:
            found.append(change)
        elif change.claim_id is None:
            standing.append(change)
    found.extend(_taken_back(one, reasons) for one in before.values())
    return found, standing


def _changed(key: PostedKey, item: Item, shared: Shared | None = None, earlier: Posted | None = None) -> Change:
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
        behind=item.behind,
    )


def _taken_back(posted: Posted, reasons: Reasons) -> Change:
    why = reasons.of(posted)
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
    """Where an item stands among those of its settlement: by line, then subject, date, occurrence. What is about one
    subject under one line stands together, whatever there is about others."""
    return place_of_line(history, change.line), change.place


def place_of_line(history: History, line: LineKey) -> tuple[int, int, int, str]:
    """Where a line stands: by rule, price, who is paid."""
    rule, price_minor, payee = line
    return history.positions[rule], history.rules[rule].price_rank(price_minor), price_minor or 0, payee
