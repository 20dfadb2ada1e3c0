"""Core: faults of unit prices: one for every day, and of metrics that something is paid for."""

from collections.abc import Iterator
from datetime import date

from services.core.errors import FieldError
from services.core.period import Period
from services.core.terms.checks.amounts import signed
from services.core.terms.checks.declared import Declared
from services.core.terms.checks.faults import fault, within
from services.core.terms.checks.metrics import reports
from services.core.terms.mechanisms.unit_price import Price, UnitPrice

MAX_UNITS_PER_PERSON = 1_000_000
MAX_UNITS = 1_000_000_000


def unit_price(declared: Declared, rule: UnitPrice, at: str) -> Iterator[FieldError]:
    """A unit price at its pointer."""
    yield from paid_in_units(declared, rule.metric, f"{at}/metric")
    if rule.max_units_per_person is not None:
        yield from within(rule.max_units_per_person, 1, MAX_UNITS_PER_PERSON, f"{at}/maxUnitsPerPerson")
    if rule.max_units is not None:
        yield from within(rule.max_units, 1, MAX_UNITS, f"{at}/maxUnits")
    if rule.index is not None and rule.index not in declared.indices:
        yield fault(f"{at}/index", "index-unknown", "The code of an index of the payment part.")
    for place, price in enumerate(rule.prices):
        yield from signed(declared, price.price, f"{at}/prices/{place}/price", rule.two_sided)
    yield from _covers(rule.prices, declared.agreement.outcome_period, f"{at}/prices")


def paid_in_units(declared: Declared, code: str, pointer: str) -> Iterator[FieldError]:
    """A metric that something is paid for, a unit at a time."""
    metric = declared.metrics.get(code)
    yield from reports(metric, "units", pointer)
    if metric is not None and metric.use == "observed":
        yield fault(pointer, "metric-only-observed", "The code of a metric whose use is 'paid'.")


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
