"""Tests: whether what stands posted is within every cap after each posting (invariant 4)."""

from collections import Counter
from collections.abc import Iterator, Mapping

from .days import day_before, period_of
from .items import under_caps
from .money import differences, posted_settlements
from .recompute import frozen_history
from .snapshot import Snapshot
from .terms import CAPS, Definition, pays_for_people

Group = tuple[str, str]


def caps_hold(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    """4: after each posting what stands is within every cap of the terms in effect then; a cap that was lowered takes
    nothing back, but lets nothing be added. (Caps on what was achieved in a period are looked at where settlements are
    computed anew: what is posted keeps the day that it was posted for.)"""
    stands: Counter[Group] = Counter()
    for settlement in posted_settlements(snapshot, contract_id):
        before = stands.copy()
        period = day_before(settlement["period_end"])
        history = frozen_history(snapshot.of_contract(contract_id), settlement["id"])
        for row, figures, shares in differences(snapshot, settlement["id"]):
            minor = under_caps(figures)
            if pays_for_people(history, row["rule"]):
                stands["person", row["subject_id"]] += minor
            stands["rule", row["rule"]] += minor
            stands["contract", ""] += minor
            for every in ("month", "quarter", "year"):
                stands["period", period_of(period, every)] += minor
            stands.update({("payer", payer): paid for payer, paid in shares.items()})
        terms = history.at_end(settlement["period_end"])
        for cap in (cap for kind in (*CAPS, "payer") for cap in terms.caps(kind)):
            for group, minor in _under(cap, stands).items():
                if minor > max(terms.minor(cap["amount"]), before[group]):
                    yield f"4: settlement {settlement['id']}: {minor} under the {cap['kind']} cap of {cap['amount']}"


def _under(cap: Definition, stands: Mapping[Group, int]) -> Mapping[Group, int]:
    """What stands in each group that a cap is about."""
    kind = cap["kind"]
    only = cap.get("rule") or cap.get("payer")
    groups = {group: minor for group, minor in stands.items() if group[0] == kind and only in (None, group[1])}
    if kind != "period":
        return groups
    if cap["periodBasis"] == "achieved":
        return {}
    return {group: minor for group, minor in groups.items() if _is_a(group[1], cap["every"])}


def _is_a(name: str, every: str) -> bool:
    return ("Q" in name) == (every == "quarter") and (len(name) == len("2026")) == (every == "year")
