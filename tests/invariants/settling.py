"""Tests: what one settlement changes, computed a second time: what is due now less what stands posted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .capping import PreviouslyPosted, cut_by_caps
from .claims import Known
from .days import day_before, periods_of
from .entitled import entitled, is_payable
from .items import NOTHING, Due, Figures, ItemKey, PostedKey, in_order, plus, under_caps
from .splitting import retain, split
from .staying import staying
from .terms import History
from .unpaid import RuleAndPayee, why_nothing


@dataclass(frozen=True)
class Stood:
    """What stands posted for one key, and the day, claim and version of the terms that it was posted for last."""

    figures: Figures
    shares: Mapping[str, int]
    achieved_on: str
    version: int
    claim_id: str | None = None


@dataclass
class Posted:
    """What all settlements so far have posted, by key; and in each period of the calendar."""

    stood: dict[PostedKey, Stood] = field(default_factory=dict)
    settled: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Change:
    """What one settlement changes for one key."""

    key: PostedKey
    achieved_on: str
    version: int
    claim_id: str | None
    figures: Figures
    shares: Mapping[str, int]
    people_count: int


@dataclass(frozen=True)
class Settled:
    """What a settlement changes; why rules give nothing as a whole; what is due now of each item; and the keys of what
    is posted and was not looked at."""

    changes: list[Change]
    nothing: Mapping[RuleAndPayee, str]
    due: list[Due]
    later: frozenset[PostedKey]


def settle(history: History, known: Known, posted: Posted, ends: str) -> Settled:
    """What everything achieved before `ends` changes. What is posted for later stays, and takes up its room; so does
    an amount that rests on no single claim and was posted for later, and one below zero whose room that needs."""
    figures: dict[ItemKey, Figures] = {}
    for key, stood in posted.stood.items():
        figures[key[:3]] = plus(figures.get(key[:3], NOTHING), stood.figures)
    stays = {key[:3] for key, stood in posted.stood.items() if not stood.claim_id and _is_later(stood, ends)}
    items = entitled(history, known, ends, figures)
    payable = [item for item in items if item.key not in stays and is_payable(history, item, ends, figures)]
    due = [Due(item) for item in in_order(history, payable)]
    keys = {item_due.item.key for item_due in due}
    seen = {key: stood for key, stood in posted.stood.items() if stood.achieved_on < ends or key[:3] in keys}
    later = {key: stood for key, stood in posted.stood.items() if key not in seen}
    if stay := staying(history, ends, due, _rows(seen), _rows(later)):
        due = [item_due for item_due in due if item_due.item.key not in stay]
        later |= {key: stood for key, stood in seen.items() if key[:3] in stay}
        seen = {key: stood for key, stood in seen.items() if key[:3] not in stay}
    cut_by_caps(history, due, _previously_posted(seen, later, posted.settled), ends)
    retain(history, due, known, ends, figures)
    before: dict[ItemKey, Counter[str]] = {}
    for key, stood in seen.items():
        before.setdefault(key[:3], Counter()).update(stood.shares)
    paid_later: Counter[str] = Counter()
    for stood in later.values():
        paid_later.update(stood.shares)
    split(history, ends, due, before, paid_later)
    nothing = why_nothing(history, items, known, ends)
    return Settled(_changes(history, due, seen), nothing, due, frozenset(later))


def _rows(posted: Mapping[PostedKey, Stood]) -> list[tuple[ItemKey, str, Figures, Mapping[str, int]]]:
    return [(key[:3], stood.achieved_on, stood.figures, stood.shares) for key, stood in posted.items()]


def _is_later(stood: Stood, ends: str) -> bool:
    return stood.achieved_on >= ends and any(stood.figures)


def post(posted: Posted, changes: Iterable[Change], ends: str) -> None:
    """What stands when a settlement was posted."""
    for change in changes:
        earlier = posted.stood.get(change.key)
        shares = Counter(earlier.shares if earlier else {})
        shares.update(change.shares)
        posted.stood[change.key] = Stood(
            plus(earlier.figures if earlier else NOTHING, change.figures),
            {payer: minor for payer, minor in shares.items() if minor},
            change.achieved_on,
            change.version,
            change.claim_id,
        )
        for name in periods_of(day_before(ends)):
            posted.settled[name] += under_caps(change.figures)


def _previously_posted(
    seen: Mapping[PostedKey, Stood], later: Mapping[PostedKey, Stood], settled: Mapping[str, int]
) -> PreviouslyPosted:
    stood: dict[ItemKey, Figures] = {}
    for key, row in seen.items():
        stood[key[:3]] = plus(stood.get(key[:3], NOTHING), row.figures)
    days = {key[:3]: row.achieved_on for key, row in seen.items() if any(row.figures)}
    others = [(key[:3], row.achieved_on, row.figures) for key, row in later.items()]
    return PreviouslyPosted(stood, days, others, settled)


def _changes(history: History, due: Iterable[Due], seen: Mapping[PostedKey, Stood]) -> list[Change]:
    now: dict[PostedKey, Due] = {}
    for item_due in due:
        item = item_due.item
        payee = history.version(item.version).rules[item.key[0]]["payee"]
        now[*item.key, item.price, payee] = item_due
    changes: list[Change] = []
    for key in now.keys() | seen.keys():
        changes += _changed(key, now.get(key), seen.get(key))
    return changes


def _changed(key: PostedKey, due: Due | None, stood: Stood | None) -> list[Change]:
    """What one key changes, if anything: figures, shares, or the day that it stands for."""
    figures = plus(due.figures if due else NOTHING, stood.figures if stood else NOTHING, -1)
    more = Counter(due.shares if due else {})
    more.subtract(stood.shares if stood else {})
    shares = {payer: minor for payer, minor in more.items() if minor}
    stands = stood is not None and (any(stood.figures) or bool(stood.shares))
    is_moved = due is not None and stood is not None and stands and due.item.achieved_on != stood.achieved_on
    if not any(figures) and not shares and not is_moved:
        return []
    if due is not None:
        item = due.item
        return [Change(key, item.achieved_on, item.version, item.claim_id, figures, shares, item.people_count)]
    return [Change(key, stood.achieved_on, stood.version, stood.claim_id, figures, shares, 0)] if stood else []
