"""Domain: why an amount is what it is, and who decided it: one item of a settlement, as a tree and in words."""

from typing import Any

from settlement_service.domain.difference import Change
from settlement_service.domain.items import Figures
from settlement_service.domain.statement import money
from settlement_service.domain.terms import Terms

NOT_ROUNDED = "Prices are whole minor units and units are whole: nothing was rounded."
REASONS = {
    "withdrawn": "the claim was withdrawn",
    "rejected": "the claim is rejected",
    "returned": "the claim was returned and awaits its correction",
    "correction-not-verified": "the claim was corrected and the correction is not verified yet",
    "superseded": "the claim was corrected",
    "other-price": "the claim was corrected, and another price holds for the corrected date",
    "other-occurrence": "the claim was corrected, and the correction is about another person or occurrence",
    "after-the-period": "the claim was corrected to a date after the period",
    "after-termination": "the outcome was achieved on or after the day the contract ended",
    "same-occurrence": "another claim stands for the same occurrence",
    "not-first-occurrence": "the rule pays for a person's first occurrence only, and an earlier one counts",
    "over-payments-per-person": "the metric is paid for so many times a person at most",
    "over-units-per-person": "the rule pays for so many units a person at most",
    "no-price": "no price holds for the date",
    "no-rule": "no rule pays for the metric",
}
"""Why nothing is due (any more), in words."""


def explain(terms: Terms, number: int, change: Change) -> dict[str, Any]:
    """Rule, terms version, claim, decision, price, units, each cap that cut, what was posted before, share,
    rounding, and `text`, the same in words. `number` is the item's among those that the reader is shown."""
    rule = terms.rules[change.key.item.rule]
    amount = change.difference.amount_minor
    currency = terms.currency
    return {
        "item": number,
        "rule": {"code": rule.code, "kind": "unit_price", "metric": rule.metric},
        "termsVersion": terms.version,
        "claim": {
            "id": str(change.claim_id),
            "occurrence": change.key.item.occurrence,
            "achievedOn": change.achieved_on.isoformat(),
            "units": change.claimed_units,
            "reportedBy": terms.metrics[rule.metric].reported_by,
        },
        "decision": _decision(change),
        "price": money(change.key.price_minor, currency),
        "now": _figures(terms, rule.code, change.now),
        "before": _figures(terms, rule.code, change.before),
        "amount": money(amount, currency),
        "shares": [{"payer": change.key.payer, "payee": change.key.payee, "amount": money(amount, currency)}],
        "rounding": NOT_ROUNDED,
        "text": _in_words(terms, change),
    }


def _decision(change: Change) -> dict[str, Any]:
    found: dict[str, Any] = {"result": change.reason or "verified", "decidedBy": list(change.decided_by)}
    if change.decided_at is not None:
        found["decidedAt"] = change.decided_at.isoformat().replace("+00:00", "Z")
    return found


def _figures(terms: Terms, rule: str, figures: Figures) -> dict[str, Any]:
    return {
        "units": figures.units,
        "gross": money(figures.gross_minor, terms.currency),
        "cut": [
            {
                "cap": cap,
                "limit": money(_limit(terms, rule, cap), terms.currency),
                "amount": money(minor, terms.currency),
            }
            for cap, minor in figures.cuts
        ],
        "amount": money(figures.amount_minor, terms.currency),
    }


def _limit(terms: Terms, rule: str, kind: str) -> int:
    return next(limit.minor for limit in terms.limits if limit.kind == kind and limit.rule in (None, rule))


def _in_words(terms: Terms, change: Change) -> str:
    metric = terms.metrics[terms.rules[change.key.item.rule].metric]
    said = [
        f"Rule {change.key.item.rule} of version {terms.version} of the terms pays "
        f"{_words(terms, change.key.price_minor)} for each unit of '{metric.name}'."
    ]
    said += _why_due(terms, change) if change.now else _why_not(terms, change)
    if change.before:
        said.append(f"Posted before: {_words(terms, change.before.amount_minor)}.")
    amount = change.difference.amount_minor
    owes = f"owed by {change.key.payer} to {change.key.payee}" if amount >= 0 else f"which {change.key.payee} owes back"
    said.append(f"So this settlement posts {_words(terms, amount)}, {owes}.")
    return " ".join([*said, NOT_ROUNDED])


def _why_due(terms: Terms, change: Change) -> list[str]:
    when = f" on {change.decided_at.date().isoformat()}" if change.decided_at else ""
    by = " and ".join(change.decided_by)
    now = change.now
    said = [
        f"The claim of {change.achieved_on.isoformat()} was verified by {by}{when}.",
        f"{now.units} x {_words(terms, change.key.price_minor)} is {_words(terms, now.gross_minor)}.",
    ]
    if now.units < change.claimed_units:
        said.insert(1, f"Of {change.claimed_units} units claimed, {now.units} may still be paid for this person.")
    for cap, minor in now.cuts:
        limit = _words(terms, _limit(terms, change.key.item.rule, cap))
        said.append(f"The cap on the {cap} of {limit} cut {_words(terms, minor)} of it.")
    return [*said, f"Due is {_words(terms, now.amount_minor)}."]


def _why_not(terms: Terms, change: Change) -> list[str]:
    why = REASONS.get(change.reason or "", "the claim counts no more")
    return [f"Nothing is due for the claim of {change.achieved_on.isoformat()} any more: {why}."]


def _words(terms: Terms, minor: int) -> str:
    said = money(minor, terms.currency)
    return f"{said['amount']} {said['currency']}"
