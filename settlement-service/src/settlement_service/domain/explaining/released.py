"""Domain: what an explanation says of an amount that was held back before and is released now."""

from collections.abc import Mapping
from typing import Any

from services.core.terms.measures import Condition, Threshold
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.settling.change import Change
from settlement_service.domain.statement.statement import money


def released(terms: Terms, change: Change) -> Mapping[str, Any]:
    """The amount that had been held back of an item, and until which day or condition, once nothing of it is held back
    any more; empty otherwise. Its names stand in explanations and never change."""
    held, now = change.before.taken("retention"), change.now
    if held <= 0 or now.taken("retention") or now.under_caps_minor <= 0:
        return {}
    about: dict[str, Any] = {"released": money(held, terms.currency)}
    retention = terms.retention
    if retention is None or (retention.rules is not None and change.key.item.rule not in retention.rules):
        return about
    if retention.release_on is not None:
        return about | {"releaseOn": retention.release_on.isoformat()}
    assert retention.release_when is not None
    return about | {"releaseWhen": _condition(retention.release_when)}


def _condition(condition: Condition) -> dict[str, Any]:
    if not isinstance(condition, Threshold):
        return {"kind": condition.kind, "conditions": [_condition(part) for part in condition.conditions]}
    return {
        "kind": condition.kind,
        "basis": condition.measure.basis,
        "metric": condition.measure.metric,
        "comparator": condition.comparator,
        "value": condition.value,
    }
