"""Tests: all invariants over one snapshot, as sentences: an empty list means that everything holds."""

from .copies import copies_are_folds
from .facts import heard, published, quiet, without_gap
from .frozen import inputs_hold
from .limits import caps_hold
from .money import (
    approved_is_posted,
    entries_are_what_items_say,
    entries_balance,
    items_are_whole,
    posted_is_the_sum,
)
from .recompute import recompute
from .snapshot import SERVICES, Snapshot


def check(snapshot: Snapshot) -> list[str]:
    """Invariants 1 to 9 and 12 of everything that was kept. What is looked for is what may never be."""
    findings = [*without_gap(snapshot.facts, snapshot.heads()), *entries_balance(snapshot)]
    findings += entries_are_what_items_say(snapshot)
    findings += approved_is_posted(snapshot)
    for contract_id in snapshot.contracts():
        wrong, posted = recompute(snapshot.of_contract(contract_id))
        findings += wrong
        findings += inputs_hold(snapshot, contract_id)
        findings += items_are_whole(snapshot, contract_id)
        findings += posted_is_the_sum(snapshot, contract_id, posted)
        findings += caps_hold(snapshot, contract_id)
        findings += copies_are_folds(snapshot, contract_id)
    for service in SERVICES:
        findings += quiet(service, snapshot.unpublished(service), snapshot.parked(service))
    if snapshot.records is not None:
        unpublished = [event_id for service in SERVICES for event_id in snapshot.unpublished(service)]
        findings += published(snapshot.facts, snapshot.records, unpublished)
        for service, committed in snapshot.committed.items():
            findings += heard(service, committed, snapshot.records, snapshot.heard(service))
    return findings
