"""Domain: what a settlement posts: the difference between what is due now and what has been posted, item by item.

The driver that computes everything at once: a recomputation, a simulation, and every settlement whose amounts depend on
several subjects.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import Posted, PostedKey, RuleAndPayee
from settlement_service.domain.limits.shares import Shared
from settlement_service.domain.mechanisms.items import Item
from settlement_service.domain.settling import stages
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.change import Change, change_of, place_of, taken_back
from settlement_service.domain.settling.reasons import Reason, Reasons
from settlement_service.domain.settling.unpaid import why_nothing


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settlement changes; and for each rule that gives a payee nothing (more), why (`nothing`).

    `items` are the items of the settlement: its changes, and what rests on several subjects and gives nothing (yet), so
    that one can see why; all in the order of `place_of`. `unchanged` rests on several subjects and stays as posted.
    """

    changes: list[Change]
    nothing: Mapping[RuleAndPayee, Reason]
    items: list[Change]
    unchanged: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class AllDue:
    """The result of the stages before the difference: all `items`; what is `due` of those that are payable, with what
    each payer pays; and what was `posted` for what is settled now."""

    items: Sequence[Item]
    due: Sequence[Shared]
    posted: Sequence[Posted]


def due_before(basis: Basis, ends: date) -> AllDue:
    """What is due for what was achieved before `ends`, stage by stage, before it is compared with what was posted."""
    evaluated = stages.evaluate(basis, ends)
    conditioned = stages.condition(basis, ends, evaluated)
    kept = stages.keep_negatives(basis, ends, conditioned)
    capped = stages.cap(basis, ends, evaluated, kept)
    retained = stages.retain(basis, ends, evaluated, capped)
    return AllDue(capped.items, stages.share(basis, ends, kept, retained), kept.covered)


def settle(basis: Basis, ends: date) -> Settled:
    """What everything achieved before `ends` changes: one change for each key whose figures or day differ. What is
    posted for a later date stays, and keeps its place under the caps. So does what is below zero and gave it room."""
    history, now = basis.history, due_before(basis, ends)
    changed, unchanged = difference(history, now, Reasons(history, now.items, basis.claims, ends))
    changes = _in_place(history, changed)
    seen = now.items if basis.only is None else [item for item in now.items if basis.sees(item)]
    nothing = why_nothing(history, seen, basis.outcomes, ends)
    unpaid = _unpaid(history, seen, basis.posted, ends)
    items = _in_place(history, [*changes, *unpaid]) if unpaid else changes
    return Settled(changes, nothing, items, tuple(unchanged))


def difference(history: History, now: AllDue, reasons: Reasons) -> tuple[list[Change], list[Change]]:
    """The last stage, per subject: what differs from what was posted, and of what rests on no single claim, what does
    not. Of 1,000.00 due and 800.00 posted, a change of 200.00; of nothing due and 800.00 posted, one of -800.00."""
    before = {posted.key: posted for posted in now.posted if posted.figures or posted.shares}
    changed, unchanged = list[Change](), list[Change]()
    for shared in now.due:
        item = shared.due.item
        key = PostedKey(item.key, item.price_minor, history.payee_of(item.key.rule, item.version))
        earlier = before.pop(key, None)
        change = change_of(key, item, shared, earlier)
        is_moved = earlier is not None and earlier.achieved_on != item.achieved_on
        if change.difference or change.shares or is_moved:
            changed.append(change)
        elif change.claim_id is None:
            unchanged.append(change)
    changed.extend(taken_back(posted, reasons.why(posted)) for posted in before.values())
    return changed, unchanged


def _in_place(history: History, changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: place_of(history, change))


def _unpaid(history: History, items: Iterable[Item], posted: Iterable[Posted], ends: date) -> list[Change]:
    """What rests on several subjects, gives nothing and has nothing posted: a gate that is not yet measured. It changes
    nothing, and is an item all the same: its explanation says why it gives nothing."""
    known = {each.key for each in posted if each.figures}
    nothing = (
        change_of(PostedKey(item.key, None, history.payee_of(item.key.rule, item.version)), item)
        for item in items
        if item.claim_id is None and item.reason is not None and item.achieved_on < ends
    )
    return [change for change in nothing if change.key not in known]
