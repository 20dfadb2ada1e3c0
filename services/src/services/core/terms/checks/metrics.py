"""Core: faults of metrics: who says and decides them, what comes first, and whether anything is paid by them."""

from collections.abc import Iterator, Mapping

from services.core.errors import FieldError
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import coded, fault, named, once, within
from services.core.terms.model import Agreement
from services.core.terms.naming import named_metrics
from services.core.terms.outcomes import AGREEMENT, Metric
from services.core.terms.parties import NEVER_AT_CLAIMS


def metrics(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """Each metric by itself, and beside the others."""
    declared_metrics = agreement.outcomes.metrics
    if not declared_metrics:
        yield fault("/outcomes/metrics", "metrics-missing", "At least one metric.")
    yield from once((metric.code for metric in declared_metrics), "/outcomes/metrics", "/code")
    paid_by, circles = named_metrics(agreement.payment), _circles(declared.metrics)
    for place, metric in enumerate(declared_metrics):
        at = f"/outcomes/metrics/{place}"
        yield from _metric(metric, at)
        yield from _deciders(declared, metric, at)
        yield from _prerequisite(declared, metric, circles, at)
        if metric.use == "paid" and metric.code not in paid_by:
            yield fault(f"{at}/use", "metric-without-rule", "'observed', or a payment rule that names this metric.")


def _metric(metric: Metric, at: str) -> Iterator[FieldError]:
    yield from coded(metric.code, at)
    yield from named(metric.name, f"{at}/name")
    yield from within(metric.max_payments_per_person, 1, 1000, f"{at}/maxPaymentsPerPerson")
    yield from within(metric.dispute_days, 0, 3650, f"{at}/disputeDays")
    yield from once((point.code for point in metric.measurement_points), f"{at}/measurementPoints", "/code")
    if metric.if_not_decided is not None:
        yield from within(metric.if_not_decided.after_days, 1, 3650, f"{at}/ifNotDecided/afterDays")
    for number, point in enumerate(metric.measurement_points):
        yield from coded(point.code, f"{at}/measurementPoints/{number}")
        yield from named(point.name, f"{at}/measurementPoints/{number}/name")
    if metric.reports == "units" and metric.unit == "share":
        yield fault(
            f"{at}/unit", "unit-not-counted", "A unit that can be counted, or a metric that reports measurements."
        )
    if metric.estimator is not None:
        yield from named(metric.estimator, f"{at}/estimator")
        if metric.reports == "units":
            allowed = "Left out: only a metric that reports measurements has an estimator."
            yield fault(f"{at}/estimator", "estimator-not-expected", allowed)


def _deciders(declared: Declared, metric: Metric, at: str) -> Iterator[FieldError]:
    for field, organisation in (
        ("reportedBy", metric.reported_by),
        ("verifiedBy", metric.verified_by),
        ("disputesDecidedBy", metric.disputes_decided_by),
    ):
        if field == "disputesDecidedBy" and organisation == AGREEMENT:
            continue
        role = declared.roles.get(organisation)
        if role is None:
            yield fault(f"{at}/{field}", "not-a-party", "The organisation id of a party of this contract.")
        elif role in NEVER_AT_CLAIMS:
            yield fault(f"{at}/{field}", "role-never-at-claims", "A party that is not an investor or guarantor.")
    if metric.verified_by == metric.reported_by:
        yield fault(f"{at}/verifiedBy", "verifier-is-reporter", "Another organisation than reportedBy.")
    if metric.disputes_decided_by in (metric.reported_by, metric.verified_by):
        allowed = "Neither reportedBy nor verifiedBy, or 'agreement'."
        yield fault(f"{at}/disputesDecidedBy", "decider-not-independent", allowed)
    waiting = metric.if_not_decided
    if waiting is not None and waiting.then == "escalate" and metric.disputes_decided_by == AGREEMENT:
        allowed = "'accept', or an organisation as disputesDecidedBy, to whom it goes."
        yield fault(f"{at}/ifNotDecided/then", "escalation-without-decider", allowed)


def _prerequisite(declared: Declared, metric: Metric, circles: set[str], at: str) -> Iterator[FieldError]:
    if metric.prerequisite is None:
        return
    first = declared.metrics.get(metric.prerequisite)
    if first is None:
        yield fault(f"{at}/prerequisite", "metric-unknown", "The code of another metric of these terms.")
    elif metric.code in circles:
        allowed = "Another metric, whose own prerequisites do not lead back to this one."
        yield fault(f"{at}/prerequisite", "prerequisite-in-circle", allowed)
    elif first.subject != metric.subject:
        yield fault(f"{at}/prerequisite", "subject-differs", "A metric about the same kind of subject.")


def _circles(by_code: Mapping[str, Metric]) -> set[str]:
    """Codes of the metrics whose prerequisites lead back to themselves. Each metric is walked over once."""
    in_circles: set[str] = set()
    done: set[str] = set()
    for code in by_code:
        path: dict[str, int] = {}
        step: str | None = code
        while step is not None and step in by_code and step not in done and step not in path:
            path[step] = len(path)
            step = by_code[step].prerequisite
        if step is not None and step in path:
            in_circles.update(list(path)[path[step] :])
        done.update(path)
    return in_circles
