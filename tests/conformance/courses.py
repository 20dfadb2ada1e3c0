"""Tests: one contract played by the domain of settlement alone, and what is said of it, as the checker reads it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.invariants.recompute import SETTLEMENT
from tests.invariants.said import Fact

from services.core.period import Period
from services.events.contracts import ContractActivated, ContractAmended, ContractTerminated
from services.events.outcomes import (
    OutcomeClaimed,
    OutcomeRejected,
    OutcomeSuperseded,
    OutcomeVerified,
    OutcomeWithdrawn,
    ParticipantEnrolled,
)
from services.kit.doors import shapes
from settlement_service.domain.agreement.audience import audience_of
from settlement_service.domain.facts.outcome_data import Facts
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.change import Change
from settlement_service.domain.settling.fold import Folded, fold
from settlement_service.domain.settling.posted_items import items_posted
from settlement_service.domain.settling.settle import settle
from settlement_service.domain.statement.projection import project
from settlement_service.domain.statement.statement import Content, statement_of

CONTRACT = uuid5(NAMESPACE_URL, "contract")
SHAPES: Mapping[str, Any] = {
    "contract.activated": ContractActivated,
    "contract.amended": ContractAmended,
    "contract.terminated": ContractTerminated,
    "participant.enrolled": ParticipantEnrolled,
    "outcome.claimed": OutcomeClaimed,
    "outcome.verified": OutcomeVerified,
    "outcome.rejected": OutcomeRejected,
    "outcome.withdrawn": OutcomeWithdrawn,
    "outcome.superseded": OutcomeSuperseded,
}


def id_of(name: str) -> str:
    """An id that follows from a name."""
    return str(uuid5(NAMESPACE_URL, name))


@dataclass
class Course:
    """What was told, as settlement reads it (`facts`) and as it stands in outboxes (`said`). Every settlement is posted
    at once; `contents` is what the payers' statements say."""

    facts: list[Any] = field(default_factory=list)
    said: list[Fact] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)

    def tell(self, noun: str, **body: Any) -> None:
        """A fact of another service."""
        fact = shapes.read(SHAPES[noun], {"contractId": str(CONTRACT), **body})
        self.facts.append(fact)
        self._say(type(fact).declaration.source, noun, shapes.text(fact).decode())

    @property
    def state(self) -> Folded:
        """What settlement knows."""
        return fold(self.facts)

    def settle(self, end: date, kind: str = "scheduled") -> list[Change]:
        """Calculates and posts; what that changes."""
        number = len(self.contents) + 1
        period = Period(start=date(2026, 1, 1), end=end)
        history, settled = self._settled(end)
        statement = statement_of(history, kind, period, settled)  # type: ignore[arg-type]
        payer = audience_of(history.all_versions, history.newest.payers()[0])
        assert payer is not None
        shown = project(statement, payer, {})
        self.contents.append(shown.content)
        lines = [{name: line[name] for name in line if name != "state"} for line in shown.content["lines"]]
        place = {"settlementId": id_of(f"settlement {number}"), "contractId": str(CONTRACT)}
        known = [{"source": source, "sequence": last} for source, last in self._heads().items()]
        self._own("frozen", {**place, "kind": kind, "period": shapes.document(period), "known": known})
        calculated = {"contentSha256": shown.content_sha256, "lines": lines, "total": shown.content["total"]}
        self._own("calculated", {**place, **calculated})
        self._own("posted", place)
        self.facts += items_posted(CONTRACT, number, end, settled.changes)
        changes: list[Change] = settled.changes
        return changes

    def _settled(self, end: date) -> Any:
        state = self.state
        history, claims = state.history, list(state.claims.values())
        assert history is not None
        basis = Basis(
            history=history,
            terminated_on=state.terminated_on,
            items=evaluate(history, state.terminated_on, claims),
            facts=Facts(CONTRACT, claims, state.enrolments),
            posted=list(state.posted.values()),
            claims=state.claims,
            settled=state.settled,
        )
        return history, settle(basis, end)

    def _heads(self) -> dict[str, int]:
        return {fact.source: fact.sequence for fact in self.said}

    def _own(self, participle: str, body: Mapping[str, Any]) -> None:
        self._say(SETTLEMENT, f"settlement.{participle}", json.dumps(body))

    def _say(self, source: str, noun: str, body: str) -> None:
        sequence = self._heads().get(source, 0) + 1
        self.said.append(Fact(source, f"{source}/{sequence}", f"eu.enzym.{noun}.v1", str(CONTRACT), sequence, body))
