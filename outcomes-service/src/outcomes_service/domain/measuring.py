"""Domain: whether a claim says what its metric reports: units, or a measured value."""

from outcomes_service.domain.contract import Metric
from services.core.errors import FieldError, Invalid
from services.core.measurement import Measurement, QuantityNotValid, check_decimal

AT = "/measurement"


class MeasurementRequired(Invalid):
    """The metric reports a measured value, and the claim has none."""

    code = "measurement-required"
    title = "A claim on this metric reports a measurement"


class MeasurementNotExpected(Invalid):
    """The metric reports units, and the claim has a measured value."""

    code = "measurement-not-expected"
    title = "A claim on this metric reports units"


class UnitsNotExpected(Invalid):
    """The metric reports a measured value, and the claim has units beside it."""

    code = "units-not-expected"
    title = "A claim on this metric reports a measurement, and no units"


class EstimatorNotFitting(Invalid):
    """Not the estimator that was agreed, which is the one that pays."""

    code = "estimator-not-fitting"
    title = "The measurement is of another estimator than agreed"


class ComponentRequired(Invalid):
    """Savings are computed from the metric purse by purse, and the claim says none."""

    code = "component-required"
    title = "A claim on this metric says which component it is of"


class ComponentUnknown(Invalid):
    """Not a purse that the terms compute savings from by this metric."""

    code = "component-unknown"
    title = "The terms have no such component on this metric"


def units_of(metric: Metric, units: int | None, measurement: Measurement | None) -> int:
    """The units that are claimed: 1 when none are said, 0 beside a measurement. Errors: `measurement-required`,
    `measurement-not-expected`, `units-not-expected`, `estimator-not-fitting`, `quantity-not-valid`,
    `component-required`, `component-unknown`."""
    if metric.reports == "units":
        if measurement is not None:
            allowed = "units, a whole number; 1 when it is left out."
            raise MeasurementNotExpected(errors=[FieldError(AT, MeasurementNotExpected.code, allowed)])
        return 1 if units is None else units
    if measurement is None:
        allowed = "A measured value, with its arm, n, standard error, estimator and component."
        raise MeasurementRequired(errors=[FieldError(AT, MeasurementRequired.code, allowed)])
    if units is not None:
        raise UnitsNotExpected(
            errors=[FieldError("/units", UnitsNotExpected.code, "Nothing: the measurement says all.")]
        )
    _check_measurement(metric, measurement)
    return 0


def _check_measurement(metric: Metric, measurement: Measurement) -> None:
    check_decimal(measurement.value, f"{AT}/value")
    if measurement.standard_error is not None:
        at = f"{AT}/standardError"
        if check_decimal(measurement.standard_error, at).startswith("-"):
            raise QuantityNotValid(
                errors=[FieldError(at, QuantityNotValid.code, 'A decimal of 0 or more, such as "0.8".')]
            )
    if measurement.estimator != metric.estimator:
        allowed = f"{metric.estimator}, as agreed." if metric.estimator else "None: the terms name none on this metric."
        raise EstimatorNotFitting(errors=[FieldError(f"{AT}/estimator", EstimatorNotFitting.code, allowed)])
    _check_component(metric, measurement.component)


def _check_component(metric: Metric, component: str | None) -> None:
    """Without a purse, or with another than the terms name, it would never count in the savings."""
    if not metric.components or component in metric.components or (component is None and not metric.component_required):
        return
    refusal = ComponentRequired if component is None else ComponentUnknown
    raise refusal(errors=[FieldError(f"{AT}/component", refusal.code, f"One of {', '.join(metric.components)}.")])
