"""Benchmarks: a settlement computed again from all its facts, against a loop in Python over the same claims."""

import gc
import time
from datetime import date
from statistics import median
from typing import Any
from uuid import UUID

from tests.benchmarks.filling import PAYER, PER_PERSON, PERSON_CAP, PROVIDER, RULES, activation
from tests.benchmarks.harness import Memory, Row, interpreter
from tests.benchmarks.settling import YEAR

from services.core.money import Money, to_minor
from services.events.outcomes import OutcomeClaimed, OutcomeVerified
from services.kit.process import clock
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.fold import fold
from settlement_service.domain.settling.sealing import items_hash, sealed
from settlement_service.domain.settling.settle import settle
from settlement_service.domain.statement.statement import statement_of

TARGET = 100.0
"""Reported, no more: the loop knows these two rules and caps by heart, and neither versions, reasons nor hashes."""
ROUNDS = 3
CLAIMS = 100_000
CONTRACT_CAP = "7000000.00"


def run() -> Row:
    """Fold, evaluate, settle, lines and the hash over the items; beside prices and caps in a loop."""
    facts = _facts()
    ours, loops, memory = [], [], []
    for _ in range(ROUNDS):
        gc.collect()
        with Memory() as needed:
            seconds, total = _timed(_recomputed, facts)
        ours.append(seconds)
        memory.append(needed.mebibytes)
        seconds, looped = _timed(_looped, facts)
        loops.append(seconds)
        if total != looped:
            raise RuntimeError(f"{total} here, {looped} in the loop")
    figures = (
        f"recomputed {median(ours):.2f} s, Python loop {1000 * median(loops):.0f} ms; memory {max(memory):.0f} MiB "
        f"above the facts; {CLAIMS:,} claims, {ROUNDS} alternating rounds; {interpreter()}"
    )
    return Row(
        "settlement-recompute", median(one / other for one, other in zip(ours, loops, strict=True)), TARGET, figures
    )


def _timed(work: Any, facts: list[Any]) -> tuple[float, int]:
    begun = time.perf_counter()
    found = work(facts)
    return time.perf_counter() - begun, found


def _recomputed(facts: list[Any]) -> int:
    state = fold(facts)
    assert state.history is not None
    items = evaluate(state.history, None, state.claims.values())
    known = OutcomeData(state.history.newest.contract_id, list(state.claims.values()), state.enrolments)
    settled = settle(Basis(state.history, None, items, known, [], state.claims), YEAR.end)
    statement = statement_of(state.history, "scheduled", YEAR, settled)
    items_hash(sealed(settled.changes))
    return sum(line.figures.amount_minor for line in statement.lines)


def _looped(facts: list[Any]) -> int:
    """What a script would do that knows these terms: prices times units, up to the cap on a person, up to the one on
    the contract."""
    prices, most = {rule: _minor(price) for rule, price in RULES.items()}, _minor(PERSON_CAP)
    by_person: dict[UUID, int] = {}
    total, room = 0, _minor(CONTRACT_CAP)
    verified = {fact.claim_id for fact in facts if isinstance(fact, OutcomeVerified)}
    claims = [fact for fact in facts if isinstance(fact, OutcomeClaimed) and fact.claim_id in verified]
    for claim in sorted(claims, key=lambda claim: (claim.achieved_on, claim.order_key)):
        had = by_person.get(claim.subject_id, 0)
        gets = min(prices[claim.metric] * claim.units, most - had, room - total)
        by_person[claim.subject_id] = had + gets
        total += gets
    return total


def _minor(amount: str) -> int:
    return to_minor(Money(amount=amount, currency="DKK"))


def _facts() -> list[Any]:
    """As `settling` fills the database with: claims of people in order, each found to hold."""
    contract = activation(CONTRACT_CAP)
    people = [clock.random_id() for _ in range(CLAIMS // PER_PERSON)]
    facts: list[Any] = [contract]
    for number in range(CLAIMS):
        person = number // PER_PERSON
        claimed = OutcomeClaimed(
            contract_id=contract.contract_id,
            claim_id=clock.random_id(),
            metric=list(RULES)[number % 2],
            subject_id=people[person],
            occurrence=str(number % PER_PERSON // 2 + 1),
            achieved_on=date(2026, number * 7 % 12 + 1, number * 7 % 28 + 1),
            units=2 if person % 100 == 7 else 1,
            reported_by=PROVIDER,
            order_key=f"{number * 2654435761 % (1 << 32):08x}{number:08x}",
        )
        decided = OutcomeVerified(
            contract_id=contract.contract_id, claim_id=claimed.claim_id, decided_by=PAYER, decided_at=clock.now()
        )
        facts += [claimed, decided]
    return facts
