"""Tests: one contract played by the domain of settlement alone, and what is said of it, as the checker reads it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from tests.invariants.recompute import SETTLEMENT
from tests.invariants.said import Fact

from services.core.period import Period
from services.events import CATALOGUE
from services.kit.doors import shapes
from settlement_service.domain.agreement.audience import audience_of
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.change import Change
from settlement_service.domain.settling.fold import Folded, fold
from settlement_service.domain.settling.posted_items import items_posted
from settlement_service.domain.settling.settle import Settled, settle
from settlement_service.domain.statement.projection import project
from settlement_service.domain.statement.statement import Content, Statement, statement_of

CONTRACT = uuid5(NAMESPACE_URL, "contract")


def id_of(name: str) -> str:
    """An id that follows from a name."""
    return str(uuid5(NAMESPACE_URL, name))


@dataclass
class Course:
    """What was told, as settlement reads it (`facts`) and as it stands in outboxes (`said`). Every settlement is posted
    at once: `settled` is what each changes, `statements` what it says, `contents` what the payers' statements say."""

    facts: list[Any] = field(default_factory=list)
    said: list[Fact] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    contract_id: UUID = CONTRACT

    def tell(self, noun: str, **body: Any) -> None:
        """A fact of another service."""
        self.hear(shapes.read(CATALOGUE[f"eu.enzym.{noun}.v1"].shape, {"contractId": str(self.contract_id), **body}))

    def hear(self, fact: Any) -> None:
        """A fact of another service, as a value."""
        declaration = type(fact).declaration
        self.facts.append(fact)
        self._say(declaration.source, declaration.type, shapes.text(fact).decode())

    @property
    def state(self) -> Folded:
        """What settlement knows."""
        return fold(self.facts)

    def settle(self, end: date, kind: str = "scheduled", start: date = date(2026, 1, 1)) -> list[Change]:
        """Calculates and posts; what that changes."""
        number = len(self.contents) + 1
        period = Period(start=start, end=end)
        history, settled = self._settled(end)
        statement = statement_of(history, kind, period, settled)  # type: ignore[arg-type]
        payer = audience_of(history.all_versions, history.newest.payers()[0])
        assert payer is not None
        shown = project(statement, payer, {})
        self.settled.append(settled)
        self.statements.append(statement)
        self.contents.append(shown.content)
        lines = [{name: line[name] for name in line if name != "state"} for line in shown.content["lines"]]
        place = {"settlementId": id_of(f"settlement {number}"), "contractId": str(self.contract_id)}
        known = [{"source": source, "sequence": last} for source, last in self._heads().items()]
        self._own("frozen", {**place, "kind": kind, "period": shapes.document(period), "known": known})
        calculated = {"contentSha256": shown.content_sha256, "lines": lines, "total": shown.content["total"]}
        self._own("calculated", {**place, **calculated})
        self._own("posted", place)
        self.facts += items_posted(self.contract_id, number, end, settled.changes)
        return settled.changes

    def _settled(self, end: date) -> tuple[History, Settled]:
        state = self.state
        history, claims = state.history, list(state.claims.values())
        assert history is not None
        basis = Basis(
            history=history,
            terminated_on=state.terminated_on,
            items=evaluate(history, state.terminated_on, claims),
            outcomes=OutcomeData(self.contract_id, claims, state.enrolments),
            posted=list(state.posted.values()),
            claims=state.claims,
            settled=state.settled,
        )
        return history, settle(basis, end)

    def _heads(self) -> dict[str, int]:
        return {fact.source: fact.sequence for fact in self.said}

    def _own(self, participle: str, body: Mapping[str, Any]) -> None:
        self._say(SETTLEMENT, f"eu.enzym.settlement.{participle}.v1", json.dumps(body))

    def _say(self, source: str, type_: str, body: str) -> None:
        sequence = self._heads().get(source, 0) + 1
        self.said.append(Fact(source, f"{source}/{sequence}", type_, str(self.contract_id), sequence, body))
