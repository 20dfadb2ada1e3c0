"""Tests: every settlement of a contract computed anew from facts alone, byte for byte (invariant 5)."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .capping import group_of, max_retainable
from .claims import Known, enrolments, fold, noun_of
from .facts import Fact
from .items import under_caps
from .settling import Posted, Settled, post, settle
from .statement import content, sha256
from .terms import History, Terms

CONTRACTS, OUTCOMES, SETTLEMENT = (f"urn:enzym:{name}-service" for name in ("contracts", "outcomes", "settlement"))
IN_FORCE = ("contract.activated", "contract.amended")


def recompute(facts: Sequence[Fact]) -> tuple[list[str], Posted]:
    """5: each settlement of one contract, computed from the facts that it froze, says what was calculated: what does
    not, and what must stand posted after all of them."""
    posted, findings = Posted(), list[str]()
    told = _by_settlement(facts)
    for settlement_id in _in_order_of_posting(facts):
        frozen, calculated, is_posted = (told[settlement_id].get(noun) for noun in ("frozen", "calculated", "posted"))
        if frozen is None or calculated is None:
            continue
        known_facts = [*_known(facts, frozen, CONTRACTS), *_known(facts, frozen, OUTCOMES)]
        history, ends = history_of(known_facts), frozen["period"]["end"]
        settled = settle(history, known_of(frozen["contractId"], known_facts), posted, ends)
        mine = content(history, frozen, settled)
        findings += _differences(settlement_id, mine, calculated)
        findings += [f"3: settlement {settlement_id}: {key} is due twice" for key in _twice(settled)]
        over = _over(history, history.at_end(ends), settled, posted)
        findings += [f"4: settlement {settlement_id}: {fault}" for fault in over]
        if is_posted is not None:
            post(posted, settled.changes, ends)
    return findings, posted


def history_of(facts: Iterable[Fact]) -> History:
    """The versions of the terms that were put into force."""
    versions = [json.loads(fact.body) for fact in facts if noun_of(fact.type) in IN_FORCE]
    return History(tuple(Terms(version) for version in sorted(versions, key=lambda version: version["version"])))


def frozen_history(facts: Sequence[Fact], settlement_id: str) -> History:
    """The versions of the terms that were known when a settlement was frozen."""
    return history_of(_known(facts, _by_settlement(facts)[settlement_id]["frozen"], CONTRACTS))


def known_of(contract_id: str, facts: Iterable[Fact]) -> Known:
    """What was told of a contract's subjects, and when it ended."""
    events = [(fact.type, json.loads(fact.body)) for fact in facts]
    ended = [body["terminatedOn"] for type_, body in events if noun_of(type_) == "contract.terminated"]
    claims = tuple(fold(events).values())
    return Known(contract_id, claims, tuple(enrolments(events)), ended[-1] if ended else None)


def _by_settlement(facts: Iterable[Fact]) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    for fact in facts:
        noun, _, participle = noun_of(fact.type).partition(".")
        if noun == "settlement":
            body = json.loads(fact.body)
            told.setdefault(body["settlementId"], {})[participle] = body
    return told


def _in_order_of_posting(facts: Iterable[Fact]) -> list[str]:
    """Settlements as they were frozen: one unposted at a time, so it is the order of posting too."""
    frozen = sorted(
        (fact for fact in facts if noun_of(fact.type) == "settlement.frozen"), key=lambda fact: fact.sequence
    )
    return [json.loads(fact.body)["settlementId"] for fact in frozen]


def _known(facts: Iterable[Fact], frozen: Mapping[str, Any], source: str) -> list[Fact]:
    last = {position["source"]: position["sequence"] for position in frozen["known"]}
    rows = [fact for fact in facts if fact.source == source and fact.sequence <= last.get(source, 0)]
    return sorted(rows, key=lambda fact: fact.sequence)


def _differences(settlement_id: str, mine: Mapping[str, Any], calculated: Mapping[str, Any]) -> Iterator[str]:
    """The hash covers everything; the event's lines say it all but why a rule gives nothing."""
    if sha256(mine) != calculated["contentSha256"]:
        yield f"5: settlement {settlement_id} says {_short(calculated)}; computed anew: {_short(mine)}"
    lines = [{name: value for name, value in line.items() if name != "state"} for line in mine["lines"]]
    if [lines, mine["total"]] != [calculated["lines"], calculated["total"]]:
        yield f"5: settlement {settlement_id} tells lines or a total that its statement does not have"


def _twice(settled: Settled) -> set[tuple[str, str, str]]:
    keys = [item_due.item.key for item_due in settled.due]
    return {key for key in keys if keys.count(key) > 1} if len(set(keys)) < len(keys) else set()


def _over(history: History, terms: Terms, settled: Settled, posted: Posted) -> Iterator[str]:
    """4, for what is due in each period of the calendar by the day of the achievement: no more than the cap, or than
    stood already, above zero, when the cap came or was lowered."""
    for cap in terms.caps("period"):
        now: Counter[Any] = Counter()
        for item_due in settled.due:
            now[group_of(history, cap, item_due.item.key, item_due.item.achieved_on)] += item_due.under_caps
        looked_at = set(now)
        stood: Counter[Any] = Counter()
        for key, before in posted.stood.items():
            group, minor = group_of(history, cap, key[:3], before.achieved_on), under_caps(before.figures)
            stood[group] += max(0, minor)
            now[group] += minor if key in settled.later else 0
        most = max_retainable(history, cap)
        for group in looked_at if cap["periodBasis"] == "achieved" else ():
            minor, stays = now[group], stood[group] if most is None else min(most, stood[group])
            if minor > max(terms.minor(cap["amount"]), stays):
                yield f"{minor} is due under the cap of {group}"


def _short(statement: Mapping[str, Any]) -> str:
    rows = [f"{line['rule']} {line['units']} {line['amount']['amount']}" for line in statement["lines"]]
    return f"total {statement['total']['amount']}, " + ", ".join(rows)
