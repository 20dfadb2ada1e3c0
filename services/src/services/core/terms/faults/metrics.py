"""Core: faults of metrics that something is measured by, or paid for."""

from collections.abc import Iterator

from services.core.errors import FieldError
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import fault
from services.core.terms.outcomes import Metric


def reports(metric: Metric | None, kind: str, pointer: str) -> Iterator[FieldError]:
    """A metric is declared and reports units, or measurements: what is needed there."""
    if metric is None:
        yield fault(pointer, "metric-unknown", "The code of a metric of these terms.")
    elif metric.reports != kind:
        wanted = "units" if kind == "units" else "measurements"
        yield fault(pointer, "metric-does-not-fit", f"The code of a metric that reports {wanted}.")


def paid_in_units(declared: Declared, code: str, pointer: str) -> Iterator[FieldError]:
    """A metric that something is paid for, a unit at a time."""
    metric = declared.metrics.get(code)
    yield from reports(metric, "units", pointer)
    if metric is not None and metric.use == "observed":
        yield fault(pointer, "metric-only-observed", "The code of a metric whose use is 'paid'.")
