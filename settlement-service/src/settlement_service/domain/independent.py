"""Domain: contracts where what one subject is due never depends on another: then many may be settled as sets."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from services.core.canonical import canonical
from services.core.terms.rules import Milestone, UnitPrice
from services.core.terms.splits import MaximaInOrder
from settlement_service.domain.caps import Due
from settlement_service.domain.counting import FEWEST
from settlement_service.domain.difference import Change, place_of
from settlement_service.domain.history import History
from settlement_service.domain.inputs import item_document
from settlement_service.domain.items import NOTHING, Figures, Item, ItemKey, PostedKey, Shares
from settlement_service.domain.posted_totals import Total, looks_at_new_alone, taken_besides
from settlement_service.domain.splitting import split_among_payers
from settlement_service.domain.statement import LineKey, Sum
from settlement_service.domain.terms import Terms

RuleAndPrice: TypeAlias = tuple[str, int | None]
People: TypeAlias = tuple[int, frozenset[UUID]]
"""How many subjects, and who they are; some of them where they are very many."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What many payable items have in common: their rule, and what each is worth before caps."""

    rule: str
    price_minor: int | None
    units: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class Payable:
    """How many payable items of one shape were achieved in a month (`2026-03`), by subjects who are looked at one by
    one (`apart`) or by others."""

    shape: Shape
    month: str
    apart: bool
    count: int


@dataclass(frozen=True, slots=True)
class Template:
    """What an item of a shape is that is due in full. `pieces` are its canonical JSON around the day, the claim, the
    occurrence (which stands there as JSON) and the subject."""

    shape: Shape
    payee: str
    position: int
    price_rank: int
    shares: Shares
    pieces: tuple[str, ...]

    @property
    def shares_text(self) -> str:
        """The shares as JSON."""
        return canonical(dict(self.shares)).decode()


def is_plain(history: History) -> bool:
    """Whether every item is a price or an amount for what one subject achieved, never below zero, cut by nothing but
    caps that keep what is paid, and shared among payers by weight alone."""
    return len(history.versions) == 1 and looks_at_new_alone(history) and _has_plain_rules(history.newest)


def _has_plain_rules(terms: Terms) -> bool:
    rules = [rule.said for rule in terms.rules.values()]
    by_subject = all(isinstance(rule, UnitPrice | Milestone) for rule in rules)
    two_sided = any(isinstance(rule, UnitPrice) and rule.two_sided for rule in rules)
    in_order = any(isinstance(rule.split, MaximaInOrder) for rule in terms.rules.values())
    payer_caps = any(limit.said.kind == "payer" for limit in terms.limits)
    return by_subject and not (two_sided or in_order or payer_caps)


def fits(terms: Terms, totals: Sequence[Total], payable: Iterable[Payable]) -> bool:
    """Whether no cap that subjects share can cut anything, because all that was posted and all that is payable fit
    under it together."""
    due = [Total(one.shape.rule, "", one.month, "", one.shape.gross_minor * one.count, 0) for one in payable]
    return all(
        minor <= limit.minor
        for limit in terms.limits
        if limit.said.kind != "person"
        for (kind, _), minor in taken_besides([limit], [*totals, *due], ()).items()
        if kind == limit.said.kind
    )


def most_of_person(terms: Terms) -> int | None:
    """What one subject may be paid, in minor units, by the lowest cap on a person; None for as much as it comes to."""
    return min((limit.minor for limit in terms.limits if limit.said.kind == "person"), default=None)


def template_of(history: History, shape: Shape) -> Template:
    """What every item of a shape is, computed from one."""
    rule = history.rules[shape.rule]
    item = Item(
        key=ItemKey(shape.rule, _SUBJECT, _OCCURRENCE),
        claim_id=_CLAIM,
        metric=min(rule.metrics),
        version=history.newest.version,
        achieved_on=_DAY,
        order_key="",
        price_minor=shape.price_minor,
        units=shape.units,
        gross_minor=shape.gross_minor,
    )
    change = due_in_full(history, item)
    pieces = canonical(item_document(change)).decode()
    for mark in (str(_DAY), str(_CLAIM), f'"{_OCCURRENCE}"', str(_SUBJECT)):
        pieces = pieces.replace(mark, _MARK, 1)
    position, price_rank, *_ = place_of(history, change)
    return Template(shape, rule.payee, position, price_rank, change.now_shares, tuple(pieces.split(_MARK)))


_SUBJECT, _CLAIM = UUID(int=1), UUID(int=2)
_OCCURRENCE, _DAY, _MARK = "<occurrence>", date(1, 1, 1), "\n"
"""What no item of anybody's has in it: a line feed stands in no canonical JSON."""


def due_in_full(history: History, item: Item) -> Change:
    """The change by an item that nothing is cut from and nothing was posted for."""
    due = Due(item, Figures(item.units, item.gross_minor))
    (shared,) = split_among_payers(history, date.max, [due], {}, {})
    return Change(
        key=PostedKey(item.key, item.price_minor, history.rules[item.key.rule].payee),
        claim_id=item.claim_id,
        version=item.version,
        achieved_on=item.achieved_on,
        order_key=item.order_key,
        claimed_units=item.claimed_units,
        now=shared.due.figures,
        before=NOTHING,
        now_shares=shared.shares,
    )


def sums_of_shapes(
    history: History, payable: Iterable[Payable], templates: Iterable[Template], people: Mapping[RuleAndPrice, People]
) -> dict[LineKey, Sum]:
    """What items come to that are due in full, by line."""
    counts: Counter[Shape] = Counter()
    for one in payable:
        counts[one.shape] += 0 if one.apart else one.count
    found: dict[LineKey, Sum] = {}
    for template in templates:
        shape, times = template.shape, counts[template.shape]
        key = (shape.rule, shape.price_minor, template.payee)
        number, some = people.get((shape.rule, shape.price_minor), (0, frozenset()))
        before = found.get(key, Sum(history.newest.version, NOTHING, {}, some, number))
        shares = Counter(before.shares)
        shares.update({payer: minor * times for payer, minor in template.shares})
        more = Figures(shape.units * times, shape.gross_minor * times)
        found[key] = replace(before, figures=before.figures + more, shares=shares)
    return found


def together(one: Mapping[LineKey, Sum], other: Mapping[LineKey, Sum]) -> dict[LineKey, Sum]:
    """The sums of changes of two sets of subjects, none of whom is in both."""
    both = dict(one)
    for key, more in other.items():
        both[key] = _added(both[key], more) if key in both else more
    return both


def _added(one: Sum, more: Sum) -> Sum:
    people = one.people if len(one.people) >= FEWEST else one.people | more.people
    shares = Counter(one.shares)
    shares.update(more.shares)
    return Sum(
        version=one.version,
        figures=one.figures + more.figures,
        shares=shares,
        people=people,
        count=one.count + more.count,
        behind=max(one.behind, more.behind),
    )
