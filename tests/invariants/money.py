"""Tests: whether money is kept as it must be: postings, items, what stands posted (invariants 1 to 3)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .by_subject import items_by_subject
from .claims import Claim, Known
from .facts import Fact
from .items import FIGURES, NOTHING, Figures, amount, plus
from .recompute import CONTRACTS, OUTCOMES, SETTLEMENT, history_of, known_of
from .settling import Posted
from .snapshot import Row, Snapshot, bodies
from .terms import Definition, History, is_by_subject, metrics_paid, minor

Key = tuple[Any, ...]

KEY = ("rule", "subject_id", "occurrence", "price_minor", "payee")
ENTRIES = ("settlement.posted", "settlement.paid", "settlement.partly_paid", "settlement.payment_rejected")


def entries_balance(snapshot: Snapshot) -> Iterator[str]:
    """1: the postings of each entry sum to 0, in the ledger and as they are told; and both are the same."""
    kept: dict[str, list[tuple[str, int]]] = {}
    for row in snapshot.rows("settlement", "posting"):
        kept.setdefault(row["entry_id"], []).append((row["account"], row["amount_minor"]))
    for entry, sides in kept.items():
        if sum(minor_units for _, minor_units in sides):
            yield f"1: the postings of entry {entry} sum to {sum(minor_units for _, minor_units in sides)}"
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
    """1: what a settlement posts for each payer and payee is the sum of its items' differences; and what payers pay of
    an item is its amount."""
    for entry in snapshot.rows("settlement", "entry"):
        if entry["kind"] != "approval":
            continue
        kept: Counter[str] = Counter()
        for row in snapshot.rows("settlement", "posting"):
            if row["entry_id"] == entry["id"]:
                kept[row["account"]] += row["amount_minor"]
        owed: Counter[str] = Counter()
        for row, figures, shares in differences(snapshot, entry["settlement_id"]):
            owed[f"payee/{row['payee']}/receivable"] += amount(figures)
            owed.update({f"payer/{payer}/payable": -minor_units for payer, minor_units in shares.items()})
            if amount(figures) != sum(shares.values()):
                yield f"1: item {_key(row)} of entry {entry['id']} is {amount(figures)}, its payers pay {shares}"
        for account in kept.keys() | owed.keys():
            if kept[account] != owed[account]:
                yield f"1: entry {entry['id']} posts {kept[account]} on {account}, its items are {owed[account]}"


def differences(snapshot: Snapshot, settlement_id: str) -> Iterator[tuple[Row, Figures, Mapping[str, int]]]:
    """Each item of a settlement with what it adds to what was posted: figures, and what each payer pays."""
    for row in snapshot.rows("settlement", "settled_item"):
        if row["settlement_id"] == settlement_id:
            now, before = (tuple(row[f"{when}_{name}"] for name in FIGURES) for when in ("now", "before"))
            shares: Counter[str] = Counter(row["now_shares"])
            shares.subtract(row["before_shares"])
            yield row, plus(now, before, -1), shares


def approved_is_posted(snapshot: Snapshot) -> Iterator[str]:
    """12: what everybody has approved is posted, unless its contract is suspended."""
    suspended = {row["id"] for row in snapshot.rows("settlement", "contract") if row["suspended"]}
    for row in snapshot.rows("settlement", "settlement"):
        if row["state"] == "approved" and row["contract_id"] not in suspended:
            yield f"12: settlement {row['id']} is approved and not posted"


def items_are_whole(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    """2: every verified claim has one item for each rule that pays for it alone, or one that says why there is none,
    or a fact about it is parked; no other claim has any; and payable items are those that the terms give."""
    history, known = _known(snapshot, contract_id)
    expected = {(claim.id, rule) for claim in known.claims if claim.counts for rule in _rules_for(history, claim)}
    rows = [row for row in snapshot.rows("settlement", "item") if row["contract_id"] == contract_id]
    there = {(row["claim_id"], row["rule"]) for row in rows}
    is_parked = any(row.aggregate == contract_id for row in snapshot.parked("settlement"))
    for claim_id, rule in sorted(expected - there):
        if not is_parked:
            yield f"2: verified claim {claim_id} has no item under rule {rule or 'none'}, and no reason why"
    for claim_id, rule in sorted(there - expected):
        yield f"2: claim {claim_id} is not verified and has an item under rule {rule or 'none'}"
    mine = {
        (item.claim_id, item.key[0], item.version, item.price, item.units, item.gross)
        for item in items_by_subject(history, known)
        if item.reason is None
    }
    names = ("claim_id", "rule", "version", "price_minor", "units", "gross_minor")
    for difference in mine ^ {tuple(row[name] for name in names) for row in rows if row["reason"] is None}:
        yield f"2: {'missing' if difference in mine else 'unfounded'} payable item {difference}"


def _rules_for(history: History, claim: Claim) -> list[str]:
    """The rules under which a claim has an item; the empty one when nothing is paid for its metric at all."""
    rules = [rule for rule in history.governing(claim.achieved_on).rules.values() if claim.metric in metrics_paid(rule)]
    return [rule["code"] for rule in rules if _has_item(rule, claim)] if rules else [""]


def _has_item(rule: Definition, claim: Claim) -> bool:
    """Whether a claim has an item of its own under a rule on its metric: bands look at one arm, and at one point."""
    if rule["kind"] != "bands":
        return is_by_subject(rule)
    asked = rule["measure"].get("at") in (None, claim.occurrence) and claim.arm in (None, "intervention")
    return is_by_subject(rule) and asked


def posted_is_the_sum(snapshot: Snapshot, contract_id: str, mine: Posted) -> Iterator[str]:
    """2: what stands posted for each item is the sum of what posted settlements said: gross is paid, cut by a named
    cap, held back, or waits for the next settlement. 3: one live item a key, and what stands is what the checker finds
    due."""
    summed: dict[Key, Figures] = {}
    shares: dict[Key, Counter[str]] = {}
    for settlement in posted_settlements(snapshot, contract_id):
        for row, difference, more in differences(snapshot, settlement["id"]):
            summed[_key(row)] = plus(summed.get(_key(row), NOTHING), difference)
            shares.setdefault(_key(row), Counter()).update(more)
    rows = [row for row in snapshot.rows("settlement", "posted_item") if row["contract_id"] == contract_id]
    kept = {_key(row): _figures_and_shares([row[name] for name in FIGURES], row["shares"]) for row in rows}
    expected = {key: _figures_and_shares(figures, shares[key]) for key, figures in summed.items()}
    anew = {key: _figures_and_shares(stood.figures, stood.shares) for key, stood in mine.stood.items()}
    nothing = _figures_and_shares(NOTHING, {})
    for invariant, name, other in ((2, "the sum of its settlements", expected), (3, "what is due", anew)):
        for key in kept.keys() | other.keys():
            if kept.get(key, nothing) != other.get(key, nothing):
                yield f"{invariant}: {key} stands at {kept.get(key)}, {name} is {other.get(key)}"
    items = [row for row in snapshot.rows("settlement", "item") if row["contract_id"] == contract_id]
    live = Counter((row["rule"], row["subject_id"], row["occurrence"]) for row in items if row["reason"] is None)
    for twice in (key for key, count in live.items() if count > 1):
        yield f"3: {twice} has two live items"


def _figures_and_shares(figures: Iterable[int], shares: Mapping[str, int]) -> tuple[Figures, dict[str, int]]:
    return tuple(figures), {payer: minor_units for payer, minor_units in shares.items() if minor_units}


def posted_settlements(snapshot: Snapshot, contract_id: str) -> list[Row]:
    """The posted settlements of a contract in their order."""
    rows = snapshot.rows("settlement", "settlement")
    posted = [row for row in rows if row["contract_id"] == contract_id and row["posted_at"] is not None]
    return sorted(posted, key=lambda row: row["number"])


def _key(row: Row) -> Key:
    return tuple(row[name] for name in KEY)


def _known(snapshot: Snapshot, contract_id: str) -> tuple[History, Known]:
    facts = sorted(snapshot.of_contract(contract_id), key=lambda fact: fact.sequence)
    others = [fact for fact in facts if fact.source in (CONTRACTS, OUTCOMES)]
    return history_of(others), known_of(contract_id, others)
