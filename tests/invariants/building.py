"""Tests: a small sound snapshot, row by row, for the checker's own tests to break."""

import hashlib
import json
from dataclasses import replace
from typing import Any

from .recompute import CONTRACTS, OUTCOMES, SETTLEMENT, sha256
from .said import Fact, OnBus
from .snapshot import Row, Snapshot

CONTRACT, SETTLED = "c1", "s1"
PAYER, INVESTOR, PROVIDER = "payer", "investor", "provider"
PERIOD = {"start": "2020-01-01", "end": "2021-01-01"}
CLAIMS = (("k1", "p1", "verified"), ("k2", "p2", "verified"), ("k3", "p3", "rejected"))
PRICE, CAP = 10_000, 15_000


def gbp(amount: int) -> dict[str, str]:
    """An amount in pounds."""
    sign = "-" if amount < 0 else ""
    return {"amount": f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02}", "currency": "GBP"}


ACTIVATED: dict[str, Any] = {
    "contractId": CONTRACT,
    "version": 1,
    "parties": [{"organisationId": one, "name": one, "role": one} for one in (PAYER, INVESTOR, PROVIDER)],
    "currency": "GBP",
    "timeZone": "Europe/London",
    "outcomePeriod": PERIOD,
    "claimsCloseOn": "2022-01-01",
    "outcomes": {
        "metrics": [{"code": "m", "reportedBy": PROVIDER, "verifiedBy": PAYER, "disputesDecidedBy": "agreement"}]
    },
    "payment": {
        "rules": [{"code": "r", "metric": "m", "payee": INVESTOR, "prices": [{"price": gbp(PRICE)}]}],
        "caps": [{"kind": "contract", "amount": gbp(CAP)}],
    },
}


def fact(source: str, sequence: int, noun: str, **body: Any) -> Fact:
    """One fact about the contract."""
    said = json.dumps({"contractId": CONTRACT, **body})
    return Fact(source, f"{source[10:13]}{sequence}", f"eu.enzym.{noun}.v1", CONTRACT, sequence, said)


def claimed(claim: str, subject: str) -> dict[str, Any]:
    """What `outcome.claimed` says of a claim."""
    said = {"claimId": claim, "metric": "m", "subjectId": subject, "occurrence": "1", "achievedOn": "2020-06-01"}
    return {**said, "units": 1, "reportedBy": PROVIDER, "orderKey": claim}


STATEMENT = {
    "termsVersion": 1,
    "currency": "GBP",
    "kind": "scheduled",
    "period": PERIOD,
    "lines": [
        {
            "number": 1,
            "rule": "r",
            "price": gbp(PRICE),
            "people": 2,
            "units": 2,
            "amount": gbp(CAP),
            "cut": [{"cap": "contract", "amount": gbp(2 * PRICE - CAP)}],
            "payee": INVESTOR,
            "shares": [{"payer": PAYER, "amount": gbp(CAP)}],
        }
    ],
    "total": gbp(CAP),
}
"""Two people at 100.00 under a cap of 150.00: the second item is cut by 50.00."""


def _facts() -> list[Fact]:
    reported = [fact(OUTCOMES, n, "outcome.claimed", **claimed(k, p)) for n, (k, p, _) in enumerate(CLAIMS, 1)]
    decided = [fact(OUTCOMES, n, f"outcome.{state}", claimId=k) for n, (k, _, state) in enumerate(CLAIMS, 4)]
    known = [{"source": CONTRACTS, "sequence": 1}, {"source": OUTCOMES, "sequence": 6}]
    postings = [
        {"account": f"payee/{INVESTOR}/receivable", "amount": gbp(CAP)},
        {"account": f"payer/{PAYER}/payable", "amount": gbp(-CAP)},
    ]
    settled = [
        fact(SETTLEMENT, 1, "settlement.frozen", settlementId=SETTLED, kind="scheduled", period=PERIOD, known=known),
        fact(SETTLEMENT, 2, "settlement.calculated", settlementId=SETTLED, **_calculated()),
        fact(SETTLEMENT, 3, "settlement.posted", settlementId=SETTLED, entryId="e1", postings=postings),
    ]
    return [fact(CONTRACTS, 1, "contract.activated", **ACTIVATED), *reported, *decided, *settled]


def _calculated() -> dict[str, Any]:
    return {"contentSha256": sha256(STATEMENT), "lines": STATEMENT["lines"], "total": STATEMENT["total"]}


def _item(claim: str, subject: str, cut: int) -> Row:
    before = {f"before_{name}": 0 for name in ("units", "gross_minor", "cut_person_minor", "cut_rule_minor")}
    now = {"now_units": 1, "now_gross_minor": PRICE, "now_cut_person_minor": 0, "now_cut_rule_minor": 0}
    key = {"rule": "r", "subject_id": subject, "occurrence": "1", "price_minor": PRICE}
    cuts = {"now_cut_contract_minor": cut, "before_cut_contract_minor": 0}
    return {"settlement_id": SETTLED, "claim_id": claim, **key, **now, **before, **cuts}


def _live(claim: str, subject: str) -> Row:
    key = {"contract_id": CONTRACT, "rule": "r", "subject_id": subject, "occurrence": "1", "reason": None}
    return {**key, "claim_id": claim, "price_minor": PRICE, "units": 1, "gross_minor": PRICE}


def _posted(subject: str, cut: int) -> Row:
    key = {"contract_id": CONTRACT, "rule": "r", "subject_id": subject, "occurrence": "1", "price_minor": PRICE}
    figures = {"units": 1, "gross_minor": PRICE, "cut_person_minor": 0, "cut_rule_minor": 0}
    return {**key, **figures, "cut_contract_minor": cut}


def _claim(claim: str, subject: str, state: str) -> Row:
    said = {"id": claim, "contract_id": CONTRACT, "subject_id": subject, "occurrence": "1", "units": 1, "state": state}
    return {**said, "achieved_on": "2020-06-01", "superseded_by": None, "external_id": claim, "reported_by": PROVIDER}


def _input(position: int, said: Fact) -> Row:
    body = json.dumps({"source": said.source, "sequence": said.sequence, "fact": json.loads(said.body)}).encode()
    salt = bytes([position] * 16)
    leaf = hashlib.sha256(b"\x00" + hashlib.sha256(salt + body).digest()).digest()
    place = {"contract_id": CONTRACT, "position": position, "source": said.source, "sequence": said.sequence}
    return {**place, "salt": salt, "body": body, "leaf": leaf}


def _root(inputs: list[Row]) -> str:
    """RFC 9162 over eight leaves: the terms' and seven inputs'."""
    level = [hashlib.sha256(b"\x00" + bytes(32)).digest(), *(row["leaf"] for row in inputs)]
    while len(level) > 1:
        level = [hashlib.sha256(b"\x01" + level[n] + level[n + 1]).digest() for n in range(0, len(level), 2)]
    return str(level[0].hex())


def _settlement(facts: list[Fact]) -> dict[str, list[Row]]:
    inputs = [_input(place, said) for place, said in enumerate(facts[:7], start=1)]
    side = {"entry_id": "e1", "settlement_id": SETTLED}
    settlement = {
        "id": SETTLED,
        "number": 1,
        "contract_id": CONTRACT,
        "posted_at": "then",
        "terms_version": 1,
        "inputs": 7,
    }
    return {
        "fact_head": [{"aggregate": CONTRACT, "sequence": 3}],
        "contract": [{"id": CONTRACT, "activation": facts[0].body, "terminated_on": None}],
        "input": inputs,
        "claim": [_claim(*row) for row in CLAIMS],
        "item": [_live("k1", "p1"), _live("k2", "p2")],
        "posted_item": [_posted("p1", 0), _posted("p2", 2 * PRICE - CAP)],
        "settlement": [{**settlement, "terms_version": 1, "inputs": 7, "inputs_sha256": _root(inputs)}],
        "settlement_item": [_item("k1", "p1", 0), _item("k2", "p2", 2 * PRICE - CAP)],
        "entry": [{"id": "e1", "kind": "approval", "settlement_id": SETTLED}],
        "posting": [
            {**side, "account": f"payee/{INVESTOR}/receivable", "amount_minor": CAP},
            {**side, "account": f"payer/{PAYER}/payable", "amount_minor": -CAP},
        ],
    }


def a_sound_snapshot() -> Snapshot:
    """One contract, three claims, one posted settlement under a cap; on the bus too."""
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
            OnBus(one.source, 0, place, one.aggregate, **{name: getattr(one, name) for name in names})
            for place, one in enumerate(facts)
        ],
    )


def with_rows(snapshot: Snapshot, service: str, table: str, rows: list[Row]) -> Snapshot:
    """The snapshot with other rows in one table."""
    tables = {**snapshot.tables, service: {**snapshot.tables[service], table: rows}}
    return replace(snapshot, tables=tables)
