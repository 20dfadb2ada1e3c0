"""Tests: docs/terms.md as it is read by machine: examples of terms, what happens under them, and what comes out."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from services.core.measurement import Measurement
from services.core.period import Period
from services.core.subjects import subject_id_of
from services.core.terms.model import Agreement
from services.events.contracts import ContractActivated, ContractAmended
from services.events.outcomes import OutcomeRejected, ParticipantEnrolled
from services.kit.doors import shapes
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.mechanisms.working import Node

from .books import Books, Settled
from .builders import (
    EVALUATOR,
    INVESTOR,
    NOON,
    PAYER,
    PROVIDER,
    STRANGER,
    claimed,
    person,
    verified,
)

PAGE = Path(__file__).parents[2] / "docs" / "terms.md"
PARTS = {
    "{payer}": PAYER,
    "{payer-2}": STRANGER,
    "{investor}": INVESTOR,
    "{provider}": PROVIDER,
    "{evaluator}": EVALUATOR,
}
BLOCK = re.compile(
    r"^#+ (?P<heading>[^\n]+)$|^```(?P<kind>[a-z ]+)\n(?P<text>.*?)^```$|^(?P<table>(?:\|[^\n]*\n)+)", re.M | re.S
)
CONTRACT_ID = UUID("019a0000-0000-7000-8000-000000000005")
FRAME_ONLY = ("title", "decisionRef", "procurementRef")


@dataclass(frozen=True)
class Block:
    """Something that an example consists of: a block of JSON by the word behind `json`, or a table by the first word of
    its first column."""

    kind: str
    content: Any


@dataclass
class Example:
    """What stands under one heading."""

    name: str
    blocks: list[Block] = field(default_factory=list)


def texts(kind: str) -> list[str]:
    """The blocks of the page that begin with that word."""
    return [block["text"] for block in BLOCK.finditer(PAGE.read_text()) if block["kind"] == kind]


def examples() -> list[Example]:
    """Everything under a heading that has terms."""
    sections: list[Example] = []
    for block in BLOCK.finditer(PAGE.read_text()):
        if block["heading"]:
            sections.append(Example(block["heading"]))
        elif block["kind"] and block["kind"].startswith("json "):
            sections[-1].blocks.append(Block(block["kind"][5:], json.loads(in_parts(block["text"]))))
        elif block["table"]:
            rows = list(rows_of(in_parts(block["table"])))
            sections[-1].blocks.append(Block(next(iter(rows[0])), rows))
    return [example for example in sections if any(block.kind == "terms" for block in example.blocks)]


def in_parts(text: str) -> str:
    """The text with an organisation in place of each part in braces."""
    for part, organisation in PARTS.items():
        text = text.replace(part, organisation)
    return text


def rows_of(table: str) -> Iterator[Mapping[str, str]]:
    """The rows of a table, each by the names of its columns."""
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    for row in rows:
        yield dict(zip(head, row, strict=True))


def whole_contract() -> dict[str, Any]:
    """The contract that every example changes a part of."""
    (text,) = texts("json contract")
    contract: dict[str, Any] = json.loads(in_parts(text))
    return contract


def contract_of(terms: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The contract with what the terms of an example put in the place of."""
    contract: dict[str, Any] = json.loads(json.dumps(before))
    for name, definition in terms.items():
        if name == "payment":
            contract["payment"].update(definition)
        else:
            (contract["outcomes"] if name in ("metrics", "cohorts") else contract)[name] = definition
    return contract


def agreement_of(contract: Mapping[str, Any]) -> Agreement:
    """What is signed of it."""
    return shapes.read(Agreement, {name: definition for name, definition in contract.items() if name not in FRAME_ONLY})


def in_force(
    contract: Mapping[str, Any], shape: type[ContractActivated] | type[ContractAmended], version: int
) -> ContractActivated | ContractAmended:
    """The contract as settlement is told of it."""
    agreed = {name: definition for name, definition in contract.items() if name not in FRAME_ONLY}
    parties = [{**party, "name": party["organisationId"]} for party in contract["parties"]]
    frame = {"contractId": str(CONTRACT_ID), "title": contract["title"], "version": version, "root": "ab" * 32}
    return shapes.read(shape, {**agreed, **frame, "parties": parties})


@dataclass
class Told:
    """A contract of the page, with what was told of it."""

    contract: Mapping[str, Any]
    books: Books
    cohorts: list[str] = field(default_factory=list)
    """The cohort of each participant, in the order of their numbers."""
    claims: int = 0
    settled: list[Settled] = field(default_factory=list)
    figures: list[Node] = field(default_factory=list)
    until: date | None = None

    def amend(self, change: Mapping[str, Any]) -> None:
        """A new version of the terms is in effect."""
        self.contract = contract_of(change, self.contract)
        version = len(self.books.history.versions) + 1
        self.books.tell(in_force(self.contract, ContractAmended, version))

    def happens(self, outcomes: Mapping[str, Any]) -> None:
        """People are enrolled, and claims made and decided, in the words of case files."""
        for group in outcomes.get("people", ()):
            on = date.fromisoformat(group.get("enrolledOn", self.contract["servicePeriod"]["start"]))
            for _ in range(group["count"]):
                self.cohorts.append(group["cohort"])
                who = person(len(self.cohorts))
                fact = ParticipantEnrolled(
                    contract_id=CONTRACT_ID, subject_id=who, cohort=group["cohort"], enrolled_on=on
                )
                self.books.tell(fact)
        for row in outcomes.get("participants", ()):
            numbers = [n for n, code in enumerate(self.cohorts, start=1) if row.get("cohort", code) == code]
            for number in numbers[: row["people"]]:
                self._claim({**row, "participant": number, "achievedOn": self.contract["outcomePeriod"]["start"]})
        for row in outcomes.get("claims", ()):
            self._claim(row)

    def settle(self, until: date) -> Settled:
        """One settlement after the other, each from where the last one ended."""
        start = self.until or date.fromisoformat(self.contract["outcomePeriod"]["start"])
        self.until = until
        self.settled.append(self.books.settle(until, period=Period(start=start, end=until)))
        return self.settled[-1]

    def _claim(self, row: Mapping[str, Any]) -> None:
        self.claims += 1
        claim = self._claim_of(row)
        decision = row.get("decision", "verified")
        self.books.tell(claimed(CONTRACT_ID, claim))
        if decision == "verified":
            self.books.tell(verified(CONTRACT_ID, claim))
        elif decision == "rejected":
            told: dict[str, Any] = {"decided_by": PAYER, "decided_at": NOON, "reason": "evidence_insufficient"}
            self.books.tell(OutcomeRejected(contract_id=CONTRACT_ID, claim_id=claim.id, **told))

    def _claim_of(self, row: Mapping[str, Any]) -> Claim:
        metric = next(metric for metric in self.contract["outcomes"]["metrics"] if metric["code"] == row["metric"])
        points = [point["code"] for point in metric.get("measurementPoints", ())]
        measured = "measurement" in row
        many = len(points) > 1 or (not points and metric.get("maxPaymentsPerPerson", 1) > 1)
        assert "occurrence" in row or "people" in row or not many, "a claim says which one it is"
        return Claim(
            id=uuid5(CONTRACT_ID, f"claim {self.claims}"),
            metric=row["metric"],
            subject_id=self._subject(row),
            occurrence=row.get("occurrence") or (points[0] if points else "1"),
            achieved_on=date.fromisoformat(row["achievedOn"]),
            units=0 if measured else row.get("units", 1),
            reported_by=metric["reportedBy"],
            order_key=f"{self.claims:08d}",
            measurement=shapes.read(Measurement, row["measurement"]) if measured else None,
        )

    def _subject(self, row: Mapping[str, Any]) -> UUID:
        if "cohort" in row and "participant" not in row:
            return subject_id_of(CONTRACT_ID, "cohort", row["cohort"])
        return subject_id_of(CONTRACT_ID, "site", row["site"]) if "site" in row else person(row["participant"])


def told_of_contract(contract: Mapping[str, Any]) -> Told:
    """A contract in force, of which nothing else is known yet."""
    activation = in_force(contract, ContractActivated, 1)
    assert isinstance(activation, ContractActivated)
    return Told(contract, Books(activation))


def gated(terms: Mapping[str, Any], measures: Mapping[str, Any]) -> dict[str, Any]:
    """Terms in which each measure decides on a gate of its name: so that they are checked as all terms are."""
    rules = [
        {
            "kind": "gate",
            "code": name,
            "condition": {"kind": "threshold", "measure": measure, "comparator": "ge", "value": "0"},
            "amount": {"amount": "1.00", "currency": "DKK"},
            "payee": PROVIDER,
            "nature": "service",
            "vat": {"category": "exempt", "pricesIncludeVat": False},
        }
        for name, measure in measures.items()
    ]
    return {**terms, "payment": {"rules": rules}}
