"""Tests: what the pure engine makes of a case: facts in, statements out, no process and no database."""

from collections.abc import Mapping
from typing import Any

from tests.conformance.facts import activated, facts_of

from deploy.demo.case import Case
from deploy.demo.parts import role_of
from services.events.outcomes import OutcomeClaimed, OutcomeRejected, OutcomeVerified
from settlement_service.domain.claims import Claim, ClaimState
from settlement_service.domain.difference import settle
from settlement_service.domain.evaluate import evaluate
from settlement_service.domain.statement import content_of, line_content, statement_of
from settlement_service.domain.terms import terms_of


def is_known(case: Case) -> bool:
    """Whether the engine, as it is, knows all that the terms of a case say."""
    rules, metrics = case.contract["payment"]["rules"], case.contract["outcomes"]["metrics"]
    kinds = {rule["kind"] for rule in rules} | {metric["subject"] for metric in metrics}
    payers = [part for part in case.parties if role_of(part) == "payer"]
    return kinds == {"unit_price", "participant"} and len(payers) == 1


def statements_of(case: Case) -> list[Mapping[str, Any]]:
    """What the settlements of a case say, one after the other, each the difference to what was posted before."""
    terms, claims = terms_of(activated(case)), _claims(case)
    (settling,) = case.settlements
    items = evaluate(terms, None, claims)
    changes = settle(terms, settling.period.end, items, (), {claim.id: claim for claim in claims})
    statement = statement_of(terms, settling.kind, settling.period, changes)
    lines = [line_content(number, line, terms.currency) for number, line in enumerate(statement.lines, start=1)]
    total = sum(line.figures.amount_minor for line in statement.lines)
    return [content_of(statement, lines, total)]


def _claims(case: Case) -> list[Claim]:
    facts = facts_of(case)
    states: dict[Any, ClaimState] = {}
    for fact in facts:
        if isinstance(fact, OutcomeVerified | OutcomeRejected):
            states[fact.claim_id] = "verified" if isinstance(fact, OutcomeVerified) else "rejected"
    names = ("metric", "subject_id", "occurrence", "achieved_on", "units", "reported_by", "order_key")
    return [
        Claim(
            id=one.claim_id, state=states.get(one.claim_id, "submitted"), **{name: getattr(one, name) for name in names}
        )
        for one in facts
        if isinstance(one, OutcomeClaimed)
    ]
