"""Tests: what is due is worked out anew whenever it must be: over short courses in which much comes together."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.core.terms.rules import PaymentRule
from services.events.contracts import ContractActivated, ContractAmended, ContractTerminated
from services.events.outcomes import OutcomeRejected, OutcomeSuperseded, OutcomeWithdrawn
from services.kit.database.transaction import Transaction
from services.kit.process import clock
from services.kit.process.caller import service_caller
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.settling.change import Change
from settlement_service.storage import contracts
from settlement_service.usecases.accrue import accrue

from ..builders import (
    NOON,
    OTHER,
    PAYER,
    POINTS,
    a_cap,
    a_claim,
    a_metric,
    a_price,
    a_rule,
    activated,
    claimed,
    verified,
)
from ..conftest import Settling
from ..mechanisms import a_fee, a_milestone
from ..plain_courses import HALVES
from .test_settling_from_accruals import items, posted, prepared, referred, worked_out

ENDS = (date(2026, 3, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), date(2027, 1, 1))


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_comes_together_it_says_what_the_domain_says(settling: Settling, seed: int) -> None:
    """Few people: limits, prerequisites and caps bind, claims are corrected to other people and days, decided again;
    the contract ends; facts come between calculating and posting. No settlement changes afterwards."""
    dice = random.Random(seed)
    contract = _contract(dice)
    course, former = _Course(dice, contract.contract_id), dict[str, list[Change]]()
    await settling.tell(contract)
    for _ in range(5):
        await _happens(settling, course, 10)
        path = await prepared(settling, contract.contract_id, dice.choice(ENDS), "correction")
        await referred(settling, path)
        await settling.freeze()
        former[path] = await items(settling, path)
        await _happens(settling, course, 4)
        if dice.random() < 0.2:
            revision = (await settling.get(PAYER, path)).json()["revision"]
            assert (await settling.post(PAYER, f"{path}/cancellation", {}, revision)).status_code == 200
        else:
            await posted(settling, path, contract.parties[:1])
        for earlier, content in former.items():
            assert await items(settling, earlier) == content


async def test_what_a_cap_that_people_share_cut_is_due_when_there_is_room_for_it_again(settling: Settling) -> None:
    """Nothing changes for who was cut while the cap is used up, and nobody looks again when another gives room."""
    first, second = a_claim(1, day="2026-02-01"), a_claim(2, day="2026-02-02")
    contract = await settling.contract(first, second, caps=[a_cap("contract", 15_000)])
    await settling.settle(contract.contract_id)
    await settling.tell(ContractTerminated(contract_id=contract.contract_id, terminated_on=date(2026, 12, 1)))
    await worked_out(settling)
    withdrawn = OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=first.id, withdrawn_at=NOON)
    await settling.tell(withdrawn)
    await referred(settling, await prepared(settling, contract.contract_id, ENDS[-1], "correction"))
    await settling.freeze()
    shown = (await settling.get(PAYER, f"/v1/contracts/{contract.contract_id}/settlements")).json()["items"][-1]
    assert shown["total"]["amount"] == "-50.00"


async def test_why_something_is_taken_back_is_said_without_a_look_at_whom_the_claim_was_corrected_to(
    settling: Settling,
) -> None:
    wrong, other, right = a_claim(1), a_claim(2), a_claim(2, day="2026-05-01")
    contract = await settling.contract(wrong, other)
    await settling.settle(contract.contract_id)
    moved = OutcomeSuperseded(contract_id=contract.contract_id, claim_id=wrong.id, superseded_by=right.id)
    await settling.tell(moved, claimed(contract.contract_id, right, wrong.id), verified(contract.contract_id, right))
    path = await prepared(settling, contract.contract_id, ENDS[-1], "correction")
    assert await referred(settling, path) is not None
    await settling.freeze()
    assert [change.reason for change in await items(settling, path)] == ["other-occurrence"]


async def test_once_an_amendment_makes_one_depend_on_another_nothing_is_worked_out_ahead(settling: Settling) -> None:
    """Also not for who is open, and has neither an item nor anything posted."""
    claim = a_claim(1)
    contract = await settling.contract(claim)
    await settling.tell(OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=claim.id, withdrawn_at=NOON))
    known = {name: getattr(contract, name) for name in contract.__dataclass_fields__}
    payment = replace(contract.payment, rules=(*contract.payment.rules, a_fee()))
    await settling.tell(ContractAmended(**{**known, "version": 2, "payment": payment}))
    for n in (2, 3):
        await worked_out(settling)
        await settling.verify(contract.contract_id, a_claim(1, occurrence=str(n)))
    await worked_out(settling)
    async with settling.worker.transaction() as connection:
        kept = text("select count(*) from accrual where contract_id = :contract")
        assert (await connection.execute(kept, {"contract": contract.contract_id})).scalar_one() == 0


class _Course:
    """What happens to claims by dice."""

    def __init__(self, dice: random.Random, contract_id: UUID) -> None:
        self.dice, self.contract_id, self.existing_claims = dice, contract_id, list[Claim]()

    def facts(self, most: int) -> Iterator[Any]:
        for _ in range(self.dice.randint(0, most)):
            if not self.existing_claims or self.dice.random() < 0.5:
                yield from self._new(None)
                continue
            claim = self.dice.choice(self.existing_claims)
            this = {"contract_id": self.contract_id, "claim_id": claim.id}
            match self.dice.choice(["withdrawn", "corrected", "corrected", "verified", "rejected"]):
                case "withdrawn":
                    self.existing_claims.remove(claim)
                    yield OutcomeWithdrawn(**this, withdrawn_at=NOON)
                case "corrected":
                    yield from self._new(claim)
                case "verified":
                    yield verified(self.contract_id, claim)
                case _:
                    yield OutcomeRejected(**this, decided_by=PAYER, decided_at=NOON, reason="not_achieved")
        if self.dice.random() < 0.05:
            day = self.dice.choice([date(2026, 6, 15), date(2026, 11, 1)])
            yield ContractTerminated(contract_id=self.contract_id, terminated_on=day)

    def _new(self, wrong: Claim | None) -> Iterator[Any]:
        metric = wrong.metric if wrong else self.dice.choice(["job", "home", "plan"])
        day = f"2026-{self.dice.randint(1, 12):02}-{self.dice.choice([1, 1, 15]):02}"
        who, occurrence = self.dice.randint(1, 4), self.dice.choice(["1", "2", "6m", "12m"])
        claim = a_claim(who, metric, occurrence, day, units=self.dice.randint(0, 3))
        if wrong:
            self.existing_claims.remove(wrong)
            if self.dice.random() < 0.7:
                claim = replace(claim, subject_id=wrong.subject_id, occurrence=wrong.occurrence)
            yield OutcomeSuperseded(contract_id=self.contract_id, claim_id=wrong.id, superseded_by=claim.id)
        self.existing_claims.append(claim)
        yield claimed(self.contract_id, claim, wrong.id if wrong else None)
        if self.dice.random() < 0.9:
            yield verified(self.contract_id, claim)


async def _happens(settling: Settling, course: _Course, most: int) -> None:
    """Facts come, and now and then what some of those they are about are due is worked out."""
    for fact in course.facts(most):
        await settling.tell(fact)
        if course.dice.random() < 0.2:
            await _some_worked_out(settling, course.contract_id, course.dice.randint(1, 3))


async def _some_worked_out(settling: Settling, contract_id: UUID, most: int) -> None:
    async with settling.worker.transaction(service_caller("settlement-service").organisation) as connection:
        tx = Transaction(connection, service_caller("settlement-service"), clock.now(), clock.random_id())
        await accrue(tx, await contracts.get_contract(tx, contract_id, lock=True), most)


def _contract(dice: random.Random) -> ContractActivated:
    prices = dice.choice([(10_001, 12_000), (10_000, 10_000), (7_003, 0)])
    rules: list[PaymentRule] = [
        a_rule(
            "job",
            *(a_price(minor, *half) for minor, half in zip(prices, HALVES, strict=True)),
            max_units_per_person=dice.choice([None, 3]),
        ),
        a_rule("home", dice.choice([3_001, 0]), payee=OTHER),
        a_milestone("plan", due_on=dice.choice([None, date(2026, 9, 1)]), late="lost"),
    ]
    most, needed = dice.choice([1, 2, 10]), dice.choice([None, "job"])
    metrics = [
        a_metric("job", max_payments_per_person=most),
        a_metric("home", measurement_points=POINTS, prerequisite=needed),
        a_metric("plan"),
    ]
    caps = [a_cap("contract", dice.choice([99_000_000, 150_000])), a_cap("person", dice.choice([99_000_000, 20_000]))]
    return activated(rules, caps, metrics)
