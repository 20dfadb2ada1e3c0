"""Domain: which of several payable occurrences of one outcome a claim is about."""

from outcomes_service.domain.contract import Metric
from services.core.errors import FieldError, Invalid

AT = "/occurrence"


class OccurrenceRequired(Invalid):
    """More than one occurrence may be paid, and the claim does not say which it is."""

    code = "occurrence-required"
    title = "Say which occurrence this is"


class OccurrenceUnknown(Invalid):
    """Not one of the metric's occurrences."""

    code = "occurrence-unknown"
    title = "This metric has no such occurrence"


def occurrence_of(metric: Metric, sent: str | None) -> str:
    """The occurrence that is meant: the code of a measurement point, or an ordinal from "1" in canonical form; left
    out, the only one there is. Errors: `occurrence-required`, `occurrence-unknown`."""
    if sent is None:
        if len(metric.occurrences) > 1:
            raise OccurrenceRequired(errors=[FieldError(AT, OccurrenceRequired.code, _allowed(metric))])
        (only,) = metric.occurrences
        return only
    if sent not in metric.occurrences:
        raise OccurrenceUnknown(errors=[FieldError(AT, OccurrenceUnknown.code, _allowed(metric))])
    return sent


def _allowed(metric: Metric) -> str:
    if metric.points:
        return "The code of a measurement point: " + ", ".join(metric.points) + "."
    return f'From "1" to "{metric.max_payments_per_person}", without leading zeros.'
