"""Core: the mechanism unit price: price x units."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from services.core.errors import FieldError
from services.core.period import Period
from services.core.terms.faults.amounts import signed
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.metrics import paid_in_units
from services.core.terms.faults.plain import fault, within
from services.core.terms.measures import Condition
from services.core.terms.mechanisms.mechanism import (
    Mechanism,
    no_components,
    no_measures,
    nothing_together,
    subjects_alone,
)
from services.core.terms.nature import Nature, Vat
from services.core.terms.prices import Price, PriceList
from services.core.terms.splits import Split
from services.core.values import value

MAX_UNITS_PER_PERSON = 1_000_000
MAX_UNITS = 1_000_000_000


@value
class UnitPrice:
    """Pays price x units of each verified claim on a metric.

    `occurrences` says whether a subject's first occurrence counts or every one; `max_units_per_person` limits the
    units that count for one subject over the whole contract, `max_units` those of all together. `index` names a table
    of the payment part that prices are multiplied by. Only with `two_sided` may a price be below zero.
    """

    kind: Literal["unit_price"]
    code: str
    metric: str
    payee: str
    nature: Nature
    vat: Vat
    prices: tuple[Price, ...]
    occurrences: Literal["first", "every"] = "every"
    max_units_per_person: int | None = None
    max_units: int | None = None
    index: str | None = None
    two_sided: bool = False
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()


def _faults(declared: Declared, rule: UnitPrice, at: str) -> Iterator[FieldError]:
    """A price for every day, of a metric that something is paid for."""
    yield from paid_in_units(declared, rule.metric, f"{at}/metric")
    if rule.max_units_per_person is not None:
        yield from within(rule.max_units_per_person, 1, MAX_UNITS_PER_PERSON, f"{at}/maxUnitsPerPerson")
    if rule.max_units is not None:
        yield from within(rule.max_units, 1, MAX_UNITS, f"{at}/maxUnits")
    if rule.index is not None and rule.index not in declared.indices:
        yield fault(f"{at}/index", "index-unknown", "The code of an index of the payment part.")
    for place, price in enumerate(rule.prices):
        yield from signed(declared, price.price, f"{at}/prices/{place}/price", rule.two_sided)
    yield from _covers(rule.prices, declared.outcome_period, f"{at}/prices")


def _covers(prices: tuple[Price, ...], period: Period, at: str) -> Iterator[FieldError]:
    """Every day of the outcome period has exactly one price."""
    order = sorted(range(len(prices)), key=lambda place: prices[place].valid_from or date.min)
    reached = period.start
    for turn, place in enumerate(order):
        start, end = prices[place].valid_from or date.min, prices[place].valid_to or date.max
        if start >= end:
            yield fault(f"{at}/{place}/validTo", "period-empty", "Later than validFrom; the end is not included.")
        elif turn and start < (prices[order[turn - 1]].valid_to or date.max):
            yield fault(f"{at}/{place}/validFrom", "price-overlap", "Not before the end of the price before it.")
        elif start > reached and reached < period.end:
            yield fault(f"{at}/{place}/validFrom", "price-gap", f"Not after {reached}: that day has no price.")
        reached = max(reached, end)
    if reached < period.end:
        yield fault(at, "price-gap", f"Prices until the outcome period's end; {reached} has none.")


def _paid(rule: UnitPrice) -> frozenset[str]:
    return frozenset({rule.metric})


def _prices(rule: UnitPrice) -> PriceList:
    return PriceList(rule.prices, rule.index)


def _is_final_by_day(rule: UnitPrice) -> bool:
    """Not where all together are paid for so many units: who is among them may change."""
    return rule.max_units is None


def _kept(rule: UnitPrice) -> Mapping[str, object]:
    return {"metric": rule.metric}


UNIT_PRICE = Mechanism(
    shape=UnitPrice,
    faults=_faults,
    faults_together=nothing_together,
    paid_metrics=_paid,
    measures=no_measures,
    components=no_components,
    pays_each_subject=subjects_alone,
    pays_over_rules=False,
    contracted_prices=_prices,
    is_final_by_day=_is_final_by_day,
    kept_by_amendment=_kept,
)
