"""Core: faults of measures: whether a figure can be computed from what its metric reports."""

from collections.abc import Iterator

from services.core.errors import FieldError
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.metrics import reports
from services.core.terms.faults.plain import fault, once, within
from services.core.terms.measures import AsEnrolled, Fixed, Measure
from services.core.terms.outcomes import MAX_SUBJECTS, Metric

COUNTED = ("count", "share")
"""Bases over units; all others are over measurements."""
LEVELS = ("0.80", "0.90", "0.95", "0.975", "0.99", "0.995")
MAX_PLACES = 12


def measure(declared: Declared, figure: Measure, at: str, *, also_share: bool = False) -> Iterator[FieldError]:
    """A measure at its pointer. `also_share`: it is a count that is held against a share as well, and so has a
    denominator."""
    metric = declared.metrics.get(figure.metric)
    if metric is None:
        yield fault(f"{at}/metric", "metric-unknown", "The code of a metric of these terms.")
    else:
        yield from _fits(figure, metric, at)
        yield from _subjects(declared, figure, metric, at)
    yield from _arms(figure, at)
    yield from _counting(figure, at, also_share)
    if figure.basis == "share" or also_share:
        yield from _denominator(declared, figure, metric, at)
    elif figure.denominator is not None:
        yield fault(f"{at}/denominator", "denominator-not-expected", "Left out: only a share has a denominator.")
    if figure.rounding is not None:
        yield from within(figure.rounding.places, 0, MAX_PLACES, f"{at}/rounding/places")


def _fits(figure: Measure, metric: Metric, at: str) -> Iterator[FieldError]:
    """The basis is one over what the metric reports; points are points of the metric."""
    if (figure.basis in COUNTED) != (metric.reports == "units"):
        allowed = (
            "'count' or 'share', as this metric reports units."
            if metric.reports == "units"
            else "A basis over values, such as 'mean' or 'difference', as this metric reports measurements."
        )
        yield fault(f"{at}/basis", "basis-does-not-fit", allowed)
    if figure.basis == "paired_change" and metric.subject != "participant":
        yield fault(f"{at}/basis", "basis-needs-participants", "Another basis, or a metric about participants.")
    points = {point.code for point in metric.measurement_points}
    if figure.at is not None and figure.at not in points:
        yield fault(f"{at}/at", "point-unknown", "The code of a measurement point of the metric, or left out.")
    if figure.missing == "carried" and not points:
        allowed = "'as_failure' or 'excluded', or a metric with measurement points to carry a value between."
        yield fault(f"{at}/missing", "carried-needs-points", allowed)


def _subjects(declared: Declared, figure: Measure, metric: Metric, at: str) -> Iterator[FieldError]:
    """Cohorts that there are, for subjects that are in cohorts."""
    if figure.cohorts is None:
        return
    if metric.subject == "site":
        yield fault(f"{at}/cohorts", "cohorts-not-expected", "Left out: sites are in no cohort.")
        return
    if not figure.cohorts:
        yield fault(f"{at}/cohorts", "cohorts-missing", "At least one cohort; left out, all of them.")
    for place, code in enumerate(figure.cohorts):
        if code not in declared.cohorts:
            yield fault(f"{at}/cohorts/{place}", "cohort-unknown", "The code of a cohort of these terms.")
    yield from once(figure.cohorts, f"{at}/cohorts")


def _arms(figure: Measure, at: str) -> Iterator[FieldError]:
    """What is compared names the other arm; a bound says of what, and at which level."""
    bound = figure.bound
    of_difference = bound is not None and bound.of == "difference"
    compares = figure.basis in ("difference", "relative_change") or (figure.basis == "lower_bound" and of_difference)
    if compares and figure.against is None:
        yield fault(f"{at}/against", "against-missing", "'comparison' or 'baseline': what the difference is to.")
    if not compares and figure.against is not None:
        yield fault(f"{at}/against", "against-not-expected", "Left out: only a difference is against another arm.")
    if figure.basis == "lower_bound" and bound is None:
        yield fault(f"{at}/bound", "bound-missing", "Of which estimate the bound is, and at which level.")
    if figure.basis != "lower_bound" and bound is not None:
        yield fault(f"{at}/bound", "bound-not-expected", "Left out: only 'lower_bound' has one.")
    if bound is not None and bound.level not in LEVELS:
        yield fault(f"{at}/bound/level", "level-not-valid", f"One of {', '.join(LEVELS)}.")


def _counting(figure: Measure, at: str, also_share: bool) -> Iterator[FieldError]:
    if figure.counting == "units" and (figure.basis != "count" or also_share):
        yield fault(f"{at}/counting", "counting-not-expected", "'subjects': units are counted only by 'count' alone.")


def _denominator(declared: Declared, figure: Measure, metric: Metric | None, at: str) -> Iterator[FieldError]:
    denominator = figure.denominator
    if isinstance(denominator, Fixed):
        yield from within(denominator.number, 1, MAX_SUBJECTS, f"{at}/denominator/number")
    elif denominator is None or isinstance(denominator, AsEnrolled):
        if metric is not None and metric.subject != "participant":
            allowed = "The kind 'fixed' or 'verified_count', as only participants are enrolled."
            yield fault(f"{at}/denominator", "denominator-needs-participants", allowed)
        if denominator is not None:
            yield from _exits(declared, figure, denominator, f"{at}/denominator/neutralExits")
    else:
        counted = declared.metrics.get(denominator.metric)
        yield from reports(counted, "units", f"{at}/denominator/metric")
        if counted is not None and metric is not None and counted.subject != metric.subject:
            yield fault(f"{at}/denominator/metric", "subject-differs", "A metric about the same kind of subject.")


def _exits(declared: Declared, figure: Measure, denominator: AsEnrolled, at: str) -> Iterator[FieldError]:
    yield from once(denominator.neutral_exits, at)
    for place, code in enumerate(denominator.neutral_exits):
        metric = declared.metrics.get(code)
        yield from reports(metric, "units", f"{at}/{place}")
        if metric is not None and (
            metric.subject != "participant" or metric.use != "observed" or code == figure.metric
        ):
            allowed = "Another metric, about participants, that is only observed."
            yield fault(f"{at}/{place}", "neutral-exit-not-valid", allowed)
