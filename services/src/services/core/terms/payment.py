"""Core: the part `payment` of the terms: rules, caps, splits, and what stands around them."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from services.core.money import Money
from services.core.terms.calendar import Every
from services.core.terms.measures import Condition
from services.core.terms.nature import Nature, Vat
from services.core.terms.parties import Role
from services.core.terms.rules import PaymentRule
from services.core.terms.splits import Split
from services.core.values import BY_KIND, value

CapKind: TypeAlias = Literal["person", "rule", "period", "contract", "payer"]
AmountRounding: TypeAlias = Literal["half_up", "floor", "ceil"]


@value
class Cap:
    """An upper limit on what is paid: for each person, for one rule, in each period of the calendar, for the contract,
    or by one payer.

    `rule` names the rule of a rule cap, `payer` the payer of a payer cap. A period cap says how long a period is
    (`every`) and what puts an amount into one (`period_basis`): the day of the achievement, or the end of the period
    that is settled. A payer cap says where the rest goes (`overflow`): to the next payer in party order, or nowhere.
    `keep_paid`: what was posted and is still due keeps its place, and what becomes free goes to the oldest cut item.
    `by_date`: the earliest achieved always comes first.
    """

    kind: CapKind
    amount: Money
    rule: str | None = None
    payer: str | None = None
    every: Every | None = None
    period_basis: Literal["achieved", "settled"] | None = None
    overflow: Literal["next_payer", "lost"] | None = None
    headroom: Literal["keep_paid", "by_date"] = "keep_paid"


@value
class GrantWindow:
    """While it holds, a fixed amount a period goes to a payee; what outcomes would have given is calculated in shadow:
    reported, never posted, using no cap and no occurrence. Goes by the date of achievement."""

    mode: Literal["grant"]
    code: str
    start: date
    end: date
    amount: Money
    every: Every
    payee: str
    nature: Nature
    vat: Vat


@value
class PausedWindow:
    """While it holds nothing is paid; what was achieved in it is payable when it is over, or never."""

    mode: Literal["paused"]
    code: str
    start: date
    end: date
    then_payable: bool


@value
class IndexValue:
    """The value of an index from a day on."""

    from_: date
    value: str


@value
class Index:
    """A table by which contracted prices rise: price x value on the day / `base`."""

    code: str
    base: str
    values: tuple[IndexValue, ...]


@value
class Retention:
    """A share (a decimal) of every amount is held back until a date, or until a condition holds. `rules` names those
    that it is about; absent means all."""

    share: str
    release_on: date | None = None
    release_when: Condition | None = None
    rules: tuple[str, ...] | None = None


Window: TypeAlias = Annotated[GrantWindow | PausedWindow, BY_KIND]


@value
class Payment:
    """The part `payment`: rules in the order of the statement's lines, caps, and when a posted amount is due.

    `split` is how payers share each amount, where a rule has no split of its own. `rounding` is for what is not a
    whole minor unit, item by item. `retroactive`: what was achieved before these terms took effect is paid by them
    too; without it, by the terms of its day.
    """

    rules: tuple[PaymentRule, ...]
    caps: tuple[Cap, ...] = ()
    split: Split | None = None
    windows: tuple[Window, ...] = ()
    indices: tuple[Index, ...] = ()
    retention: Retention | None = None
    rounding: AmountRounding = "half_up"
    retroactive: bool = False
    due_days: int = 30
    readable_by: tuple[Role, ...] | None = None
