"""Domain: what an explanation says of an amount that was held back before and is released now."""

from collections.abc import Mapping
from typing import Any

from services.core.terms.measures import Condition, Threshold
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.settling.change import Change
from settlement_service.domain.statement.statement import money


def released(terms: Terms, change: Change) -> Mapping[str, Any]:
    """What had been held back, and until which day or condition, where nothing of it is held back any more."""
    held, now = change.before.taken("retention"), change.now
    if held <= 0 or now.taken("retention") or now.under_caps_minor <= 0:
        return {}
    found: dict[str, Any] = {"released": money(held, terms.currency)}
    retention = terms.retention
    if retention is None or (retention.rules is not None and change.key.item.rule not in retention.rules):
        return found
    if retention.release_on is not None:
        return found | {"releaseOn": retention.release_on.isoformat()}
    assert retention.release_when is not None
    return found | {"releaseWhen": _condition(retention.release_when)}


def _condition(said: Condition) -> dict[str, Any]:
    if not isinstance(said, Threshold):
        return {"kind": said.kind, "conditions": [_condition(one) for one in said.conditions]}
    measure = said.measure
    told = {"basis": measure.basis, "metric": measure.metric, "comparator": said.comparator, "value": said.value}
    return {"kind": said.kind, **told}
