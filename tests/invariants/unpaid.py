"""Tests: why a rule gives nothing as a whole, found a second time by the checker."""

from collections.abc import Iterable, Mapping

from .claims import Known
from .entitled import closed_rules
from .items import Item, waits
from .terms import History, is_by_subject

REPORTED_REASONS = ("not-yet-measured", "condition-not-met", "no-band", "in-pause")
"""What is said of a rule by subject when nobody is given anything: the first that holds for somebody."""


RuleAndPayee = tuple[str, str]


def why_nothing(history: History, items: Iterable[Item], known: Known, ends: str) -> Mapping[RuleAndPayee, str]:
    """Of a rule in all, what its last item says; of one by subject, what stands in everybody's way; of one that has no
    item at all, what is not there yet: each by who would be paid."""
    reasons: dict[RuleAndPayee, list[str | None]] = {}
    in_all = set()
    for item in items:
        if item.achieved_on < ends and item.key[0]:
            key = item.key[0], history.version(item.version).rules[item.key[0]]["payee"]
            is_waiting = waits(history.version(item.version), item.achieved_on, ends)
            reasons.setdefault(key, []).append(item.reason or ("in-pause" if is_waiting else None))
            if item.claim_id is None:
                in_all.add(key)
    nothing = _without_items(history, reasons, known, ends)
    for key, given in reasons.items():
        reported = (
            [given[-1]]
            if key in in_all
            else [reason for reason in REPORTED_REASONS if reason in given and None not in given]
        )
        if reported and reported[0]:
            nothing[key] = reported[0]
    return nothing


def _without_items(
    history: History, there: Mapping[RuleAndPayee, object], known: Known, ends: str
) -> dict[RuleAndPayee, str]:
    terms = history.at_end(ends)
    closed = closed_rules(history, known.before(ends))
    nothing = {}
    for code, rule in terms.rules.items():
        measured = "not-yet-measured" if rule["kind"] == "bands" and is_by_subject(rule) else ""
        reason = closed.get((terms.version, code), measured)
        if (code, rule["payee"]) not in there and reason:
            nothing[code, rule["payee"]] = reason
    return nothing
