"""Tests: courses and cases played by the domain of settlement alone, and what each settlement of them rests on."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.conformance.courses import Course, id_of
from tests.conformance.facts import contract_id_of, facts_of

from deploy.demo.cases.case import Case
from services.kit.doors import shapes
from settlement_service.domain.agreement.audience import Audience, audience_of
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.hashes import input_leaf, inputs_hash
from settlement_service.domain.facts.log import ITEMS_POSTED, OWN_SOURCE, ItemsPosted, body_of
from settlement_service.domain.statement.projection import Projection, project

COURSES = sorted((Path(__file__).parent / "inputs" / "courses").glob("*.ndjson"))
"""In their order, by which is told what is new in one: the name of another one comes after theirs."""
SALT_BYTES = 16


@dataclass(frozen=True)
class Logged:
    """One input of a contract: its type, its canonical JSON, and its leaf under a salt that follows from its place."""

    type: str
    body: bytes
    leaf: bytes


class Played:
    """A course, and the log of inputs that its settlements rest on. `known` is how many inputs each rests on."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.log: list[Logged] = []
        self.known: list[int] = []
        self._sequences: Counter[str] = Counter()

    @property
    def history(self) -> History:
        """The versions of the terms so far."""
        history = self.course.state.history
        assert history is not None
        return history

    def settle(self, end: date, kind: str, start: date) -> None:
        """One settlement, which is posted at once."""
        self._keep_what_is_new()
        self.known.append(len(self.log))
        self.course.settle(end, kind, start)

    def finish(self) -> None:
        """What the last settlement posted stands in the log too."""
        self._keep_what_is_new()

    def inputs_sha256(self, place: int) -> str:
        """`inputsSha256` of settlement number `place`, from 0."""
        return inputs_hash(self.history.newest.root, [logged.leaf for logged in self.log[: self.known[place]]])

    def posted_before(self, place: int) -> Counter[tuple[str, str]]:
        """What was posted before settlement number `place`, from 0: minor units by rule and payee."""
        posted: Counter[tuple[str, str]] = Counter()
        for settled in self.course.settled[:place]:
            for change in settled.changes:
                posted[change.key.item.rule, change.key.payee] += change.difference.amount_minor
        return posted

    def shown(self, place: int) -> Iterator[tuple[Audience, Projection]]:
        """Settlement number `place`, from 0, as each party is shown it."""
        statement = self.course.statements[place]
        for party in statement.history.newest.parties:
            audience = audience_of(statement.history.all_versions, party.organisation_id)
            assert audience is not None
            yield audience, project(statement, audience, self.posted_before(place))

    def _keep_what_is_new(self) -> None:
        """Facts of one source count up; parts of one posting share their number."""
        part = 0
        for fact in self.course.facts[len(self.log) :]:
            if isinstance(fact, ItemsPosted):
                source, type_ = OWN_SOURCE, ITEMS_POSTED
                sequence = fact.settlement
            else:
                source, type_ = type(fact).declaration.source, type(fact).declaration.type
                self._sequences[source] += 1
                sequence = self._sequences[source]
            body = body_of(source, sequence, type_, shapes.document(fact), part if type_ == ITEMS_POSTED else 0)
            part += type_ == ITEMS_POSTED
            self.log.append(Logged(type_, body, input_leaf(salt_of(len(self.log) + 1), body)))


def salt_of(position: int) -> bytes:
    """The salt of the input at a position: the same every time."""
    return hashlib.sha256(f"salt {position}".encode()).digest()[:SALT_BYTES]


def played_course(file: Path) -> Played:
    """A course of a file: on each line what is told (`tell`, `body`), or until when is settled (`settle`, `kind`). The
    contract's id follows from the name of the file."""
    played = Played(Course(contract_id=UUID(id_of(file.stem))))
    for line in file.read_text().splitlines():
        step: dict[str, Any] = json.loads(line)
        if "settle" in step:
            played.settle(date.fromisoformat(step["settle"]), step["kind"], date(2026, 1, 1))
        else:
            played.course.tell(step["tell"], **step["body"])
    played.finish()
    return played


def played_case(case: Case) -> Played:
    """A published contract with its settlements."""
    played = Played(Course(contract_id=contract_id_of(case)))
    for fact in facts_of(case):
        played.course.hear(fact)
    for settling in case.settlements:
        played.settle(settling.period.end, settling.kind, settling.period.start)
    played.finish()
    return played
