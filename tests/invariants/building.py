"""Tests: a small sound snapshot, row by row, for the checker's own tests to break."""

import hashlib
import json
from dataclasses import replace
from typing import Any

from .agreed import (
    ACTIVATED,
    CONTRACT,
    GATE,
    INVESTOR,
    OTHER_PAYER,
    PAYER,
    PERIOD,
    POSTINGS,
    PRICE,
    PROVIDER,
    RETAINED,
    SETTLED,
    STATEMENT,
    gbp,
)
from .facts import Fact, OnBus
from .items import FIGURES
from .recompute import CONTRACTS, OUTCOMES, SETTLEMENT
from .snapshot import Row, Snapshot
from .statement import sha256

CLAIMS = (("k1", "p1", "verified"), ("k2", "p2", "verified"), ("k3", "p3", "rejected"))


def fact(source: str, sequence: int, noun: str, **body: Any) -> Fact:
    """One fact about the contract."""
    text = json.dumps({"contractId": CONTRACT, **body})
    return Fact(source, f"{source[10:13]}{sequence}", f"eu.enzym.{noun}.v1", CONTRACT, sequence, text)


def claimed(claim: str, subject: str) -> dict[str, Any]:
    """What `outcome.claimed` says of a claim."""
    claimed = {"claimId": claim, "metric": "m", "subjectId": subject, "occurrence": "1", "achievedOn": "2020-06-01"}
    return {**claimed, "units": 1, "reportedBy": PROVIDER, "orderKey": claim}


def _facts() -> list[Fact]:
    reported = [fact(OUTCOMES, n, "outcome.claimed", **claimed(k, p)) for n, (k, p, _) in enumerate(CLAIMS, 1)]
    decided = [fact(OUTCOMES, n, f"outcome.{state}", claimId=k) for n, (k, _, state) in enumerate(CLAIMS, 4)]
    known = [{"source": CONTRACTS, "sequence": 1}, {"source": OUTCOMES, "sequence": 6}]
    postings = [{"account": account, "amount": gbp(minor)} for account, minor in POSTINGS.items()]
    settled = [
        fact(SETTLEMENT, 1, "settlement.frozen", settlementId=SETTLED, kind="scheduled", period=PERIOD, known=known),
        fact(SETTLEMENT, 2, "settlement.calculated", settlementId=SETTLED, **_calculated()),
        fact(SETTLEMENT, 3, "settlement.posted", settlementId=SETTLED, entryId="e1", postings=postings),
    ]
    return [fact(CONTRACTS, 1, "contract.activated", **ACTIVATED), *reported, *decided, *settled]


def _calculated() -> dict[str, Any]:
    return {"contentSha256": sha256(STATEMENT), "lines": STATEMENT["lines"], "total": STATEMENT["total"]}


def _key(rule: str, subject: str, price: int | None, payee: str) -> Row:
    return {"rule": rule, "subject_id": subject, "occurrence": "1", "price_minor": price, "payee": payee}


AT_PRICE: Row = {
    **dict.fromkeys(FIGURES, 0),
    "units": 1,
    "gross_minor": PRICE,
    "retained_minor": RETAINED,
    "shares": {PAYER: 6_000, OTHER_PAYER: 3_000},
}
OF_GATE: Row = {
    **dict.fromkeys(FIGURES, 0),
    "units": 1,
    "gross_minor": GATE,
    "cut_period_minor": GATE - 5_000,
    "cut_contract_minor": 1_000,
    "retained_minor": 400,
    "shares": {PAYER: 2_400, OTHER_PAYER: 1_200},
}
ITEMS: tuple[tuple[str | None, Row, Row], ...] = (
    ("k1", _key("r", "p1", PRICE, INVESTOR), AT_PRICE),
    ("k2", _key("r", "p2", PRICE, INVESTOR), AT_PRICE),
    (None, _key("g", CONTRACT, None, PROVIDER), OF_GATE),
)
"""Claim, key, and what was posted."""


def _item(claim: str | None, key: Row, figures: Row) -> Row:
    before = {**{f"before_{name}": 0 for name in FIGURES}, "before_shares": {}}
    now = {f"now_{name}": value for name, value in figures.items()}
    return {"settlement_id": SETTLED, "claim_id": claim, **key, **now, **before}


def _live(claim: str, subject: str) -> Row:
    key = {"contract_id": CONTRACT, "rule": "r", "subject_id": subject, "occurrence": "1", "reason": None}
    return {**key, "claim_id": claim, "version": 1, "price_minor": PRICE, "units": 1, "gross_minor": PRICE}


def _claim(claim: str, subject: str, state: str) -> Row:
    row = {"id": claim, "contract_id": CONTRACT, "subject_id": subject, "occurrence": "1", "units": 1, "state": state}
    return {**row, "achieved_on": "2020-06-01", "superseded_by": None, "external_id": claim, "reported_by": PROVIDER}


def _input(position: int, fact: Fact) -> Row:
    body = json.dumps({"source": fact.source, "sequence": fact.sequence, "fact": json.loads(fact.body)}).encode()
    salt = bytes([position] * 16)
    leaf = hashlib.sha256(b"\x00" + hashlib.sha256(salt + body).digest()).digest()
    place = {"contract_id": CONTRACT, "position": position, "source": fact.source, "sequence": fact.sequence}
    return {**place, "salt": salt, "body": body, "leaf": leaf}


def _root(inputs: list[Row]) -> str:
    """RFC 9162 over eight leaves: the terms' and seven inputs'."""
    level = [hashlib.sha256(b"\x00" + bytes(32)).digest(), *(row["leaf"] for row in inputs)]
    while len(level) > 1:
        level = [hashlib.sha256(b"\x01" + level[n] + level[n + 1]).digest() for n in range(0, len(level), 2)]
    return str(level[0].hex())


def _settlement(facts: list[Fact]) -> dict[str, list[Row]]:
    inputs = [_input(place, fact) for place, fact in enumerate(facts[:7], start=1)]
    settlement = {"id": SETTLED, "number": 1, "contract_id": CONTRACT, "posted_at": "then", "period_end": PERIOD["end"]}
    settlement |= {"state": "posted"}
    unchanged: Row = {"terminated_on": None, "amendments": [], "suspended": False}
    return {
        "fact_head": [{"aggregate": CONTRACT, "sequence": 3}],
        "contract": [{"id": CONTRACT, "activation": facts[0].body, **unchanged}],
        "input": inputs,
        "claim": [_claim(*row) for row in CLAIMS],
        "item": [_live("k1", "p1"), _live("k2", "p2")],
        "posted_item": [{"contract_id": CONTRACT, **key, **figures} for _, key, figures in ITEMS],
        "settlement": [{**settlement, "terms_version": 1, "inputs": 7, "inputs_sha256": _root(inputs)}],
        "settled_item": [_item(*row) for row in ITEMS],
        "entry": [{"id": "e1", "kind": "approval", "settlement_id": SETTLED}],
        "posting": [
            {"entry_id": "e1", "settlement_id": SETTLED, "account": account, "amount_minor": minor}
            for account, minor in POSTINGS.items()
        ],
    }


def a_sound_snapshot() -> Snapshot:
    """One contract of two payers, three claims, one posted settlement under caps; on the bus too."""
    facts = _facts()
    contract = {"id": CONTRACT, "state": "active"}
    outcomes = {"id": CONTRACT, "terms_version": 1, "time_zone": "Europe/London", "terminated_on": None}
    outcomes |= {"outcome_start": PERIOD["start"], "outcome_end": PERIOD["end"], "claims_close_on": "2022-01-01"}
    metric = {"contract_id": CONTRACT, "code": "m", "reported_by": PROVIDER, "verified_by": PAYER}
    names = ("event_id", "source", "type", "aggregate", "sequence", "body")
    return Snapshot(
        facts=facts,
        tables={
            "contracts": {
                "fact_head": [{"aggregate": CONTRACT, "sequence": 1}],
                "contract": [contract],
                "terms_version": [{"contract_id": CONTRACT, "version": 1, "root": "00" * 32}],
            },
            "outcomes": {
                "fact_head": [{"aggregate": CONTRACT, "sequence": 6}],
                "contract": [outcomes],
                "metric": [{**metric, "disputes_decided_by": "agreement"}],
                "claim": [_claim(*row) for row in CLAIMS],
            },
            "settlement": dict(_settlement(facts)),
        },
        records=[
            OnBus(fact.source, 0, place, fact.aggregate, **{name: getattr(fact, name) for name in names})
            for place, fact in enumerate(facts)
        ],
    )


def with_rows(snapshot: Snapshot, service: str, table: str, rows: list[Row]) -> Snapshot:
    """The snapshot with other rows in one table."""
    tables = {**snapshot.tables, service: {**snapshot.tables[service], table: rows}}
    return replace(snapshot, tables=tables)
