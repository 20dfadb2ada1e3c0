"""Tests: what the pure engine makes of a case: facts in, statements out, no process and no database."""

from collections.abc import Mapping
from typing import Any

from tests.conformance.facts import contract_id_of, facts_of

from deploy.demo.cases.case import Case
from deploy.demo.cases.parties import ORGANISATIONS
from settlement_service.domain.agreement.audience import audience_of
from settlement_service.domain.facts.log import Fact
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.fold import Folded, fold
from settlement_service.domain.settling.posted_items import items_posted
from settlement_service.domain.settling.settle import settle
from settlement_service.domain.statement.projection import project
from settlement_service.domain.statement.statement import statement_of


def statements_of(case: Case) -> list[Mapping[str, Any]]:
    """What the settlements of a case say, to a payer: one after the other, each the difference to what was posted
    before."""
    facts: list[Fact] = [*facts_of(case)]
    statements: list[Mapping[str, Any]] = []
    for number, settling in enumerate(case.settlements, start=1):
        state = fold(facts)
        assert state.history is not None
        settled = settle(_basis(case, state), settling.period.end)
        statement = statement_of(state.history, settling.kind, settling.period, settled)
        payer = audience_of(state.history.all_versions, ORGANISATIONS["payer"])
        assert payer is not None
        statements.append(project(statement, payer, {}).content)
        facts += items_posted(contract_id_of(case), number, settling.period.end, settled.changes)
    return statements


def _basis(case: Case, state: Folded) -> Basis:
    assert state.history is not None
    claims = list(state.claims.values())
    return Basis(
        history=state.history,
        terminated_on=state.terminated_on,
        items=evaluate(state.history, state.terminated_on, claims),
        outcomes=OutcomeData(contract_id_of(case), claims, state.enrolments),
        posted=list(state.posted.values()),
        claims=state.claims,
        settled=state.settled,
    )
