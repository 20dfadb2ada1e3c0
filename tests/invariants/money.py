"""Tests: whether money is kept as it must be: postings, items, what stands posted (invariants 1 to 4)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .claims import fold
from .entitled import payable
from .recompute import CONTRACTS, NOTHING, OUTCOMES, SETTLEMENT, Figures, Posted
from .said import Fact
from .snapshot import Row, Snapshot, bodies
from .terms import CAPS, Terms, minor

Key = tuple[Any, ...]

FIGURES = ("units", "gross_minor", "cut_person_minor", "cut_rule_minor", "cut_contract_minor")
KEY = ("rule", "subject_id", "occurrence", "price_minor")
ENTRIES = ("settlement.posted", "settlement.paid", "settlement.partly_paid", "settlement.payment_rejected")


def entries_balance(snapshot: Snapshot) -> Iterator[str]:
    """1: the postings of each entry sum to 0, in the ledger and as they are told; and both are the same."""
    kept: dict[str, list[tuple[str, int]]] = {}
    for row in snapshot.rows("settlement", "posting"):
        kept.setdefault(row["entry_id"], []).append((row["account"], row["amount_minor"]))
    for entry, sides in kept.items():
        if sum(amount for _, amount in sides):
            yield f"1: the postings of entry {entry} sum to {sum(amount for _, amount in sides)}"
    told = dict(_told_entries(snapshot.facts))
    for entry in {row["id"] for row in snapshot.rows("settlement", "entry")} | told.keys():
        if sorted(kept.get(entry, [])) != sorted(told.get(entry, [])):
            yield f"1: entry {entry} is told otherwise than it is kept"


def _told_entries(facts: Sequence[Fact]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    types = {f"eu.enzym.{noun}.v1" for noun in ENTRIES}
    for type_, body in bodies(facts, SETTLEMENT):
        if type_ in types and body.get("entryId"):
            yield body["entryId"], [(side["account"], minor(side["amount"])) for side in body["postings"]]


def entries_are_what_items_say(snapshot: Snapshot) -> Iterator[str]:
    """1: what a settlement posts on the payable accounts is the sum of its items' differences."""
    for entry in snapshot.rows("settlement", "entry"):
        if entry["kind"] != "approval":
            continue
        owed = -sum(
            row["amount_minor"]
            for row in snapshot.rows("settlement", "posting")
            if row["entry_id"] == entry["id"] and row["account"].endswith("/payable")
        )
        items = sum(_amount(difference) for _, difference in _differences(snapshot, entry["settlement_id"]))
        if owed != items:
            yield f"1: entry {entry['id']} posts {owed}, its settlement's items are {items}"


def _differences(snapshot: Snapshot, settlement_id: str) -> Iterator[tuple[Row, tuple[int, ...]]]:
    for row in snapshot.rows("settlement", "settlement_item"):
        if row["settlement_id"] == settlement_id:
            yield row, tuple(row[f"now_{name}"] - row[f"before_{name}"] for name in FIGURES)


def _amount(figures: Sequence[int]) -> int:
    return figures[1] - sum(figures[2:])


def items_are_whole(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    """2: every verified claim has one item a rule on its metric, or one that says why there is none, or a fact about
    it is parked; no other claim has any; and payable items are those that the terms give."""
    terms, claims, terminated_on = _known(snapshot, contract_id)
    expected: set[tuple[str, str]] = set()
    for claim in claims.values():
        rules = [rule["code"] for rule in terms.rules if rule["metric"] == claim.metric] or [""]
        expected |= {(claim.id, rule) for rule in rules if claim.state == "verified"}
    rows = [row for row in snapshot.rows("settlement", "item") if row["contract_id"] == contract_id]
    there = {(row["claim_id"], row["rule"]) for row in rows}
    is_parked = any(row.aggregate == contract_id for row in snapshot.parked("settlement"))
    for claim_id, rule in sorted(expected - there):
        if not is_parked:
            yield f"2: verified claim {claim_id} has no item under rule {rule or 'none'}, and no reason why"
    for claim_id, rule in sorted(there - expected):
        yield f"2: claim {claim_id} is not verified and has an item under rule {rule or 'none'}"
    mine = {
        (item.claim.id, item.key[0], item.price, item.units) for item in payable(terms, claims.values(), terminated_on)
    }
    payable_rows = [row for row in rows if row["reason"] is None]
    for found in mine ^ {(row["claim_id"], row["rule"], row["price_minor"], row["units"]) for row in payable_rows}:
        yield f"2: {'missing' if found in mine else 'unfounded'} payable item {found}"
    for row in payable_rows:
        if row["gross_minor"] != row["price_minor"] * row["units"]:
            yield f"2: item of claim {row['claim_id']}: {row['gross_minor']} is not price x units"


def posted_is_the_sum(snapshot: Snapshot, contract_id: str, mine: Posted) -> Iterator[str]:
    """2: what stands posted for each item is the sum of what posted settlements said: gross is paid, cut by a named
    cap, or waits for the next settlement. 3: one live item a key, and what stands is what the checker finds due."""
    summed: dict[Key, Figures] = {}
    for settlement in _posted_settlements(snapshot, contract_id):
        _add(summed, _differences(snapshot, settlement["id"]))
    kept = {
        _key(row): tuple(row[name] for name in FIGURES)
        for row in snapshot.rows("settlement", "posted_item")
        if row["contract_id"] == contract_id
    }
    anew: dict[Key, Figures] = dict(mine.figures.items())
    for invariant, name, other in ((2, "the sum of its settlements", summed), (3, "what is due", anew)):
        for key in kept.keys() | other.keys():
            if kept.get(key, NOTHING) != other.get(key, NOTHING):
                yield f"{invariant}: {key} stands at {kept.get(key)}, {name} is {other.get(key)}"
    rows = [row for row in snapshot.rows("settlement", "item") if row["contract_id"] == contract_id]
    live = [(row["rule"], row["subject_id"], row["occurrence"]) for row in rows if row["reason"] is None]
    for twice in {key for key in live if live.count(key) > 1}:
        yield f"3: {twice} has two live items"


def caps_hold(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    """4: after each posting, what stands is within every cap."""
    terms, *_ = _known(snapshot, contract_id)
    stands: dict[Key, Figures] = {}
    for settlement in _posted_settlements(snapshot, contract_id):
        _add(stands, _differences(snapshot, settlement["id"]))
        sums: dict[tuple[str, str], int] = {}
        for (rule, subject, *_), figures in stands.items():
            for group in (("person", str(subject)), ("rule", str(rule)), ("contract", "")):
                sums[group] = sums.get(group, 0) + _amount(figures)
        for kind in CAPS:
            for limit, code, _ in terms.caps(kind):
                for (of_kind, member), minor_units in sums.items():
                    if of_kind == kind and code in (None, member) and minor_units > limit:
                        yield f"4: settlement {settlement['id']}: {minor_units} under the {kind} cap of {limit}"


def _posted_settlements(snapshot: Snapshot, contract_id: str) -> list[Row]:
    rows = snapshot.rows("settlement", "settlement")
    posted = [row for row in rows if row["contract_id"] == contract_id and row["posted_at"] is not None]
    return sorted(posted, key=lambda row: row["number"])


def _add(sums: dict[Key, Figures], differences: Iterable[tuple[Row, Figures]]) -> None:
    for row, difference in differences:
        before = sums.get(_key(row), NOTHING)
        sums[_key(row)] = tuple(a + b for a, b in zip(before, difference, strict=True))


def _key(row: Row) -> Key:
    return tuple(row[name] for name in KEY)


def _known(snapshot: Snapshot, contract_id: str) -> tuple[Terms, Mapping[str, Any], str | None]:
    facts = snapshot.of_contract(contract_id)
    said = bodies(facts, CONTRACTS)
    activated = [body for type_, body in said if type_ == "eu.enzym.contract.activated.v1"]
    ended = [body["terminatedOn"] for type_, body in said if type_ == "eu.enzym.contract.terminated.v1"]
    return Terms(activated[-1]), fold(bodies(facts, OUTCOMES)), ended[-1] if ended else None
