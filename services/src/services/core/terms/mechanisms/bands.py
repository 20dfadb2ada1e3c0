"""Core: the mechanism bands: by where a measured value falls."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from services.core.errors import FieldError
from services.core.money import Money
from services.core.terms.faults.amounts import minor_of, not_negative, positive, signed
from services.core.terms.faults.conditions import plain_value
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.measures import measure
from services.core.terms.faults.plain import decimal, fault, number_of
from services.core.terms.measures import Condition, Measure
from services.core.terms.mechanisms.mechanism import (
    Mechanism,
    no_components,
    no_prices,
    nothing_together,
    open_for_later,
)
from services.core.terms.nature import Nature, Vat
from services.core.terms.splits import Split
from services.core.values import value

MIN_POINTS = 2


@value
class Band:
    """Values in `[from_, to)`; an absent end is open. `amount` is for flat bands, `rate` for each unit of the value in
    marginal ones."""

    from_: str | None = None
    to: str | None = None
    amount: Money | None = None
    rate: Money | None = None


@value
class Point:
    """What is paid at exactly this value; between two points it is interpolated."""

    value: str
    amount: Money


@value
class Bands:
    """Pays by where a measured value falls.

    `flat`: the amount of the band. `marginal`: the rate of each band for the part of the value in it, like a tax,
    counted from `origin`. `interpolated`: linear between `points`, level outside them. `per` subject pays each
    participant, cohort or site by its own value; per contract pays one amount by the pooled one.
    """

    kind: Literal["bands"]
    code: str
    measure: Measure
    payee: str
    nature: Nature
    vat: Vat
    method: Literal["flat", "marginal", "interpolated"]
    bands: tuple[Band, ...] = ()
    points: tuple[Point, ...] = ()
    per: Literal["contract", "subject"] = "contract"
    origin: str = "0"
    floor: Money | None = None
    ceiling: Money | None = None
    two_sided: bool = False
    when: Condition | None = None
    split: Split | None = None
    posting: tuple[str, ...] = ()


def _faults(declared: Declared, rule: Bands, at: str) -> Iterator[FieldError]:
    """Bands in order, without overlap or gap, none out of reach, each with what its method pays."""
    yield from measure(declared, rule.measure, f"{at}/measure")
    if rule.per == "subject" and rule.measure.basis == "share":
        yield fault(f"{at}/per", "per-subject-not-for-share", "'contract', as one subject has no share.")
    yield from _origin(rule, at)
    yield from _limits(declared, rule, at)
    yield from _points(declared, rule, at) if rule.method == "interpolated" else _bands(declared, rule, at)


def _origin(rule: Bands, at: str) -> Iterator[FieldError]:
    yield from decimal(rule.origin, f"{at}/origin")
    if rule.method != "marginal" and number_of(rule.origin) not in (None, 0):
        yield fault(f"{at}/origin", "origin-not-expected", "Left out: only marginal bands are counted from an origin.")


def _limits(declared: Declared, rule: Bands, at: str) -> Iterator[FieldError]:
    if rule.floor is not None:
        yield from signed(declared, rule.floor, f"{at}/floor", rule.two_sided)
    if rule.ceiling is not None:
        check = not_negative if rule.two_sided else positive
        yield from check(declared, rule.ceiling, f"{at}/ceiling")
    floor, ceiling = minor_of(declared, rule.floor), minor_of(declared, rule.ceiling)
    if floor is not None and ceiling is not None and floor > ceiling:
        yield fault(f"{at}/floor", "floor-above-ceiling", "At most the ceiling.")


def _points(declared: Declared, rule: Bands, at: str) -> Iterator[FieldError]:
    if rule.bands:
        yield fault(f"{at}/bands", "bands-not-expected", "Left out: 'interpolated' pays by points.")
    if len(rule.points) < MIN_POINTS:
        yield fault(f"{at}/points", "points-missing", f"At least {MIN_POINTS} points to draw a line between.")
    for place, point in enumerate(rule.points):
        yield from plain_value(point.value, rule.measure.basis, f"{at}/points/{place}/value")
        yield from signed(declared, point.amount, f"{at}/points/{place}/amount", rule.two_sided)
    values = [number_of(point.value) for point in rule.points]
    for place, (before, here) in enumerate(pairwise(values), start=1):
        if before is not None and here is not None and here <= before:
            yield fault(
                f"{at}/points/{place}/value", "points-not-ascending", "More than the value of the point before."
            )


def _bands(declared: Declared, rule: Bands, at: str) -> Iterator[FieldError]:
    if rule.points:
        yield fault(f"{at}/points", "points-not-expected", "Left out: only 'interpolated' pays by points.")
    if not rule.bands:
        yield fault(f"{at}/bands", "bands-missing", "At least one band.")
    for place, band in enumerate(rule.bands):
        yield from _pays(declared, rule, band, f"{at}/bands/{place}")
        yield from _edges(rule, band, f"{at}/bands/{place}")
    for place, (before, here) in enumerate(pairwise(rule.bands), start=1):
        yield from _follows(before, here, f"{at}/bands/{place}/from")


def _pays(declared: Declared, rule: Bands, band: Band, at: str) -> Iterator[FieldError]:
    """An amount in flat bands, a rate in marginal ones."""
    for method, name, money in (("flat", "amount", band.amount), ("marginal", "rate", band.rate)):
        if rule.method != method and money is not None:
            yield fault(f"{at}/{name}", f"{name}-not-expected", f"Left out: only {method} bands have the field {name}.")
        elif rule.method == method and money is None:
            yield fault(f"{at}/{name}", f"{name}-missing", f"The {name} that a {method} band pays.")
        elif money is not None:
            yield from signed(declared, money, f"{at}/{name}", rule.two_sided)


def _edges(rule: Bands, band: Band, at: str) -> Iterator[FieldError]:
    """A band has values in it, and the figure can come to one of them."""
    for field, text in (("from", band.from_), ("to", band.to)):
        if text is not None:
            yield from plain_value(text, rule.measure.basis, f"{at}/{field}")
    start, end = number_of(band.from_), number_of(band.to)
    if start is not None and end is not None and start >= end:
        yield fault(f"{at}/to", "band-empty", "More than 'from'; the end is not in the band.")
    elif end is not None and rule.measure.basis in ("count", "share") and end <= 0:
        yield fault(f"{at}/to", "band-unreachable", "More than 0, as this figure is never below.")
    elif start is not None and rule.measure.basis == "share" and _above_whole(start, rule):
        yield fault(
            f"{at}/from", "band-unreachable", "Not more than 1 (in marginal bands less), as a share is at most."
        )


def _above_whole(start: Fraction, rule: Bands) -> bool:
    """Whether a share never comes into a band that starts there; at 1 itself no part of it is in a marginal one."""
    return start >= 1 if rule.method == "marginal" else start > 1


def _follows(before: Band, here: Band, pointer: str) -> Iterator[FieldError]:
    end, start = number_of(before.to), number_of(here.from_)
    if before.to is None or here.from_ is None or (end is not None and start is not None and start < end):
        allowed = "The 'to' of the band before: bands stand in order, and only the outermost are open."
        yield fault(pointer, "band-overlap", allowed)
    elif end is not None and start is not None and start > end:
        yield fault(pointer, "band-gap", "The 'to' of the band before, so that no value is between them.")


def _paid(rule: Bands) -> frozenset[str]:
    return frozenset({rule.measure.metric})


def _measures(rule: Bands) -> tuple[Measure, ...]:
    return (rule.measure,)


def _by_own_value(rule: Bands) -> bool:
    """Pooled over the contract, each subject's value moves what is paid for all."""
    return rule.per == "subject"


def _kept(rule: Bands) -> Mapping[str, object]:
    return {"measure/metric": rule.measure.metric, "per": rule.per}


BANDS = Mechanism(
    shape=Bands,
    faults=_faults,
    faults_together=nothing_together,
    paid_metrics=_paid,
    measures=_measures,
    components=no_components,
    pays_each_subject=_by_own_value,
    pays_over_rules=False,
    contracted_prices=no_prices,
    is_final_by_day=open_for_later,
    kept_by_amendment=_kept,
)
