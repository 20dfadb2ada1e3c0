"""Tests: facts of others become inputs, and claims and items follow them, in whatever order sources arrive."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.core.strict_json import loads
from services.events.contracts import ContractTerminated
from services.events.outcomes import (
    OutcomeDisputed,
    OutcomeDisputeDecided,
    OutcomeEscalated,
    OutcomeRejected,
    OutcomeReturned,
    OutcomeSuperseded,
    OutcomeWithdrawn,
    ParticipantEnrolled,
    ParticipantLeft,
)
from services.kit.doors import shapes
from services.kit.testing import as_admin
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.hashes import input_leaf
from settlement_service.domain.facts.log import SHAPES, Input
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.settling.fold import ClaimNotKnown, Folded, fold
from settlement_service.storage import claims, contracts, inputs, items

from ..builders import (
    EVALUATOR,
    NOON,
    PAYER,
    POINTS,
    PROVIDER,
    a_cap,
    a_claim,
    a_metric,
    a_rule,
    activated,
    claimed,
    person,
    verified,
)
from ..conftest import Settling


async def log_of(settling: Settling, contract_id: UUID) -> list[Input]:
    async with settling.as_worker() as tx:
        return await inputs.page(tx, contract_id, 10_000, 0, 10_000, None)


async def kept(settling: Settling, contract_id: UUID) -> tuple[Folded, list[Any], list[Any]]:
    """What the database holds: the state, and items; and the items that the log gives."""
    async with settling.as_worker() as tx:
        contract = await contracts.get_contract(tx, contract_id)
        state = Folded(
            history=contract.history,
            terminated_on=contract.terminated_on,
            claims={claim.id: claim for claim in await claims.of_contract(tx, contract_id)},
            posted={row.key: row for row in await items.posted_of(tx, contract_id)},
        )
        stored = await items.items_of(tx, contract_id)
    fresh = evaluate(contract.history, contract.terminated_on, state.claims.values())
    return state, by_claim(stored), by_claim(fresh)


def by_claim(items: Sequence[Any]) -> list[Any]:
    return sorted(items, key=lambda item: (item.key.rule, str(item.claim_id)))


def fold_of(log: Sequence[Input]) -> Folded:
    return fold(shapes.read(SHAPES[row.type], loads(row.body)["fact"]) for row in log)


async def test_each_fact_is_one_input_with_a_salt_of_its_own(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    log = await log_of(settling, contract.contract_id)
    assert [(row.position, row.source.rpartition(":")[2], row.sequence) for row in log] == [
        (1, "contracts-service", 1),
        (2, "outcomes-service", 1),
        (3, "outcomes-service", 2),
    ]
    assert len({row.salt for row in log}) == 3
    assert all(row.leaf == input_leaf(row.salt, row.body) for row in log)
    assert [row.scope for row in log] == ["terms", "metric/job", "metric/job"]


async def test_what_was_taken_before_is_skipped(settling: Settling) -> None:
    contract = activated()
    once = settling.envelope(contract)
    await settling.take([once])
    await settling.take([once])
    assert len(await log_of(settling, contract.contract_id)) == 1


async def test_outcomes_that_come_before_the_contract_are_computed_when_it_comes(settling: Settling) -> None:
    contract = activated()
    await settling.verify(contract.contract_id, a_claim(1), a_claim(2))
    rows = await as_admin(settling.urls, "select * from item where contract_id = $1", contract.contract_id)
    assert rows == []
    await settling.tell(contract)
    shown = await settling.settle(contract.contract_id)
    assert shown["total"] == {"amount": "200.00", "currency": "DKK"}


async def test_a_termination_that_comes_late_reverses(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1, day="2026-02-01"), a_claim(2, day="2026-08-01"))
    await settling.settle(contract.contract_id)
    await settling.tell(ContractTerminated(contract_id=contract.contract_id, terminated_on=date(2026, 5, 1)))
    shown = await settling.settle(contract.contract_id, "correction")
    assert shown["total"] == {"amount": "-100.00", "currency": "DKK"}


async def test_enrolments_are_kept_for_payers_and_change_no_amount(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    fields: dict[str, Any] = {"contract_id": contract.contract_id, "subject_id": person(1), "cohort": "first"}
    await settling.tell(
        ParticipantEnrolled(**fields, enrolled_on=date(2026, 1, 1)), ParticipantLeft(**fields, left_on=date(2026, 2, 1))
    )
    log = await log_of(settling, contract.contract_id)
    assert [row.scope for row in log[-2:]] == ["people", "people"]
    assert (await settling.prepare(contract.contract_id))["total"]["amount"] == "100.00"


async def test_a_decision_on_a_claim_that_was_never_made_is_broken(settling: Settling) -> None:
    contract = await settling.contract()
    with pytest.raises(ClaimNotKnown):
        await settling.tell(verified(contract.contract_id, a_claim(1)))
    assert len(await log_of(settling, contract.contract_id)) == 1


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_kept_is_the_fold_of_the_log(settling: Settling, seed: int) -> None:
    """A random course of a contract: every kind of fact, the activation somewhere among them, two settlements."""
    dice = random.Random(seed)
    contract = activated(
        [a_rule("job", max_units_per_person=3), a_rule("home", occurrences="first"), a_rule("bonus", metric="job")],
        [a_cap("person", 25_000), a_cap("contract", 60_000, headroom="by_date")],
        metrics=[a_metric("job", measurement_points=POINTS), a_metric("home"), a_metric("mood", use="observed")],
    )
    facts = a_course(dice, contract.contract_id)
    place = dice.randrange(len(facts))
    await settling.tell(*facts[:place], contract, *facts[place:])
    await settling.settle(contract.contract_id, end=date(2026, 7, 1))
    await settling.tell(ContractTerminated(contract_id=contract.contract_id, terminated_on=date(2026, 10, 1)))
    await settling.tell(*a_course(dice, contract.contract_id, first=100))
    await settling.settle(contract.contract_id)
    state, stored, fresh = await kept(settling, contract.contract_id)
    folded = fold_of(await log_of(settling, contract.contract_id))
    assert state.claims == folded.claims
    assert state.posted == folded.posted
    assert (state.history, state.terminated_on) == (folded.history, folded.terminated_on)
    assert stored == fresh


def a_course(dice: random.Random, contract_id: UUID, first: int = 0) -> list[Any]:
    """Claims of three people on three metrics, and up to three things that happen to each."""
    facts: list[Any] = []
    for n in range(first, first + 24):
        metric = dice.choice(["job", "home", "mood"])
        day = date(2026, dice.randint(1, 12), dice.randint(1, 28)).isoformat()
        claim = a_claim(n % 3, metric, str(n), day, units=dice.randint(1, 3))
        facts.append(claimed(contract_id, claim))
        facts += [happening(dice, contract_id, claim, n) for _ in range(dice.randint(0, 3))]
    return facts


AFTER = ("disputed", "decided", "withdrawn", "superseded")


def happening(dice: random.Random, contract_id: UUID, claim: Claim, n: int) -> Any:
    fields: dict[str, Any] = {"contract_id": contract_id, "claim_id": claim.id}
    decided: dict[str, Any] = {**fields, "decided_by": PAYER, "decided_at": NOON}
    match dice.choice(["verified"] * 4 + ["deemed", "rejected", "returned", "escalated", *AFTER]):
        case "verified":
            return verified(contract_id, claim)
        case "deemed":
            return verified(contract_id, claim, deemed=True)
        case "escalated":
            return OutcomeEscalated(**fields, escalated_to=EVALUATOR, escalated_at=NOON)
        case "rejected":
            return OutcomeRejected(**decided, reason="not_achieved")
        case "returned":
            return OutcomeReturned(**decided, reason="evidence_missing")
        case "disputed":
            return OutcomeDisputed(**fields, disputed_by=PROVIDER, disputed_at=NOON, reason="other_agreement")
        case "decided":
            decision: Any = dice.choice(["verified", "rejected"])
            by = {**decided, "decided_by": (EVALUATOR,), "reason": "not_achieved"}
            return OutcomeDisputeDecided(**by, decision=decision)
        case "withdrawn":
            return OutcomeWithdrawn(**fields, withdrawn_at=NOON)
    return OutcomeSuperseded(**fields, superseded_by=replace(claim, id=person(10_000 + n)).id)


async def test_an_escalation_is_an_input_and_changes_nothing_that_is_computed(settling: Settling) -> None:
    contract, claim = await settling.contract(), a_claim(1)
    escalated = OutcomeEscalated(
        contract_id=contract.contract_id, claim_id=claim.id, escalated_to=EVALUATOR, escalated_at=NOON
    )
    await settling.tell(claimed(contract.contract_id, claim))
    before = await kept(settling, contract.contract_id)
    await settling.tell(escalated)
    assert await kept(settling, contract.contract_id) == before
    log = await log_of(settling, contract.contract_id)
    assert (log[-1].type, log[-1].scope) == ("eu.enzym.outcome.escalated.v1", "metric/job")
    await settling.tell(verified(contract.contract_id, claim))
    _, stored, fresh = await kept(settling, contract.contract_id)
    assert [item.units for item in stored] == [1]
    assert stored == fresh


async def test_a_second_activation_is_not_taken(settling: Settling) -> None:
    contract = await settling.contract()
    with pytest.raises(contracts.ContractAlreadyActive):
        await settling.tell(activated(contract_id=contract.contract_id))
    assert len(await log_of(settling, contract.contract_id)) == 1
