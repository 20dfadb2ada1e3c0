"""Tests: over any course of what can happen to a contract, what is new alone gives what everything would give."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.core.terms.payment import Cap
from services.core.terms.rules import PaymentRule
from services.events.contracts import ContractActivated, ContractAmended, ContractTerminated
from services.events.outcomes import OutcomeSuperseded, OutcomeWithdrawn
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.ledger.lifecycle import POSTED
from settlement_service.domain.settling.closing import closing_of
from settlement_service.storage import contracts, items, opened, settlements

from ..both_ways import both_ways
from ..builders import NOON, POINTS, a_claim, a_metric, a_price, a_rule, an_amendment, claimed, verified
from ..conftest import Settling
from ..mechanisms import PAYERS, a_contract, a_fee, a_grant, a_limit, a_milestone, maxima, weights

ENDS = (date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), date(2027, 1, 1))
HALF = date(2026, 7, 1)
METRICS = ("job", "home", "plan")


@dataclass
class Course:
    """A contract that things happen to by dice."""

    dice: random.Random
    terms: ContractActivated
    existing_claims: list[Claim]
    made: int = 0
    version: int = 1

    @property
    def contract_id(self) -> UUID:
        return self.terms.contract_id

    def events(self) -> Iterator[Any]:
        for _ in range(self.dice.randint(0, 8)):
            happens = self.dice.choices([self._new, self._withdrawn, self._corrected], [6, 2, 3])[0]
            yield from happens()
        if self.dice.random() < 0.15:
            yield self._amended()
        if self.dice.random() < 0.05:
            day = self.dice.choice([date(2026, 8, 1), date(2026, 11, 1)])
            yield ContractTerminated(contract_id=self.contract_id, terminated_on=day)

    def _day(self) -> str:
        return f"2026-{self.dice.randint(1, 12):02}-{self.dice.randint(1, 28):02}"

    def _new(self, instead_of: Claim | None = None) -> Iterator[Any]:
        self.made += 1
        if instead_of is None:
            metric, who = self.dice.choice(METRICS), self.dice.randint(1, 8)
            claim = a_claim(who, metric, str(self.made), self._day(), units=self.dice.randint(1, 3))
        else:
            units = self.dice.choice([instead_of.units, self.dice.randint(1, 3)])
            claim = a_claim(1, instead_of.metric, instead_of.occurrence, self._day(), units=units)
            claim = replace(claim, subject_id=instead_of.subject_id)
        yield claimed(self.contract_id, claim, instead_of.id if instead_of else None)
        if instead_of:
            yield OutcomeSuperseded(contract_id=self.contract_id, claim_id=instead_of.id, superseded_by=claim.id)
        if self.dice.random() < 0.9:
            yield verified(self.contract_id, claim)
            self.existing_claims.append(claim)

    def _taken(self) -> Claim | None:
        return (
            self.existing_claims.pop(self.dice.randrange(len(self.existing_claims))) if self.existing_claims else None
        )

    def _withdrawn(self) -> Iterator[Any]:
        claim = self._taken()
        if claim is not None:
            yield OutcomeWithdrawn(contract_id=self.contract_id, claim_id=claim.id, withdrawn_at=NOON)

    def _corrected(self) -> Iterator[Any]:
        claim = self._taken()
        if claim is not None:
            yield from self._new(claim)

    def _amended(self) -> ContractAmended:
        self.version += 1
        new = _terms(self.dice, self.dice.choice([True, False]))
        effective = self.dice.choice([date(2026, 1, 1), date(2026, 6, 1), HALF])
        return an_amendment(new, self.contract_id, effective, self.version)


@pytest.mark.parametrize("seed", range(16))
async def test_whatever_happens_both_give_the_same(settling: Settling, seed: int) -> None:
    """Late facts and corrected dates, amendments and ends, earlier periods settled again, settlements that are
    cancelled, and facts that come between calculation and posting."""
    dice = random.Random(seed)
    terms = _terms(dice)
    course = Course(dice, terms, [])
    await settling.tell(terms)
    for turn in range(7):
        await settling.tell(*course.events())
        for end in ENDS:
            new, everything, _ = await both_ways(settling, course.contract_id, end)
            assert new == everything, (turn, end)
        shown = await settling.prepare(course.contract_id, "correction", dice.choice(ENDS))
        if dice.random() < 0.5:
            await settling.tell(*course.events())
        async with settling.as_worker() as tx:
            before = await opened.open_subjects(tx, course.contract_id)
        await _ended(settling, shown, dice.random() < 0.2)
        await _check_closed(settling, shown, before)


async def _check_closed(settling: Settling, shown: dict[str, Any], before: set[UUID]) -> None:
    """Of who was open, those are closed whom the domain says are closed by all that is known of each. What has come
    since the settlement was frozen keeps its subject open."""
    async with settling.as_worker() as tx:
        settlement = await settlements.get_settlement(tx, UUID(shown["id"]))
        if settlement.state not in POSTED:
            return
        contract = await contracts.get_contract(tx, settlement.contract_id)
        closing = closing_of(contract.history, settlement.period.end)
        now = await opened.open_subjects(tx, contract.id)
        for subject in before - {contract.id}:
            posted = await items.posted_of(tx, contract.id, [subject])
            is_closed = closing.is_closed(posted, await items.items_of(tx, contract.id, [subject]))
            has_news = await tx.connection.execute(
                _NEWS, {"contract": contract.id, "subject": subject, "inputs": settlement.inputs}
            )
            assert (subject in now) == (not is_closed or has_news.scalar_one()), subject


_NEWS = text(
    "select exists (select from open_subject"
    " where contract_id = :contract and subject_id = :subject and position > :inputs)"
)


async def _ended(settling: Settling, shown: dict[str, Any], cancelled: bool) -> None:
    path = f"/v1/settlements/{shown['id']}"
    if cancelled:
        answer = await settling.post(PAYERS[0], f"{path}/cancellation", {}, shown["revision"])
        assert answer.status_code == 200, answer.text
        return
    for place, payer in enumerate(PAYERS):
        seen = (await settling.get(payer, path)).json()
        content = {"contentSha256": seen["contentSha256"]}
        answer = await settling.post(payer, f"{path}/approvals", content, seen["revision"], f"bo {place}")
        assert answer.status_code == 200, answer.text
    await settling.posted(answer.json())


def _terms(dice: random.Random, retroactive: bool = False) -> ContractActivated:
    splits = [
        weights((PAYERS[0], 1), (PAYERS[1], 1), (PAYERS[2], 1)),
        weights((PAYERS[1], 2), (PAYERS[2], 1)),
        maxima((PAYERS[1], 40_000), (PAYERS[0], 50_000), (PAYERS[2], 90_000)),
    ]
    some = dice.choice(splits[:2])
    job = [a_price(dice.choice([7_001, 10_000]), end=HALF), a_price(dice.choice([10_000, 12_500]), start=HALF)]
    rules: list[PaymentRule] = [
        a_rule("job", *job, split=dice.choice([None, *splits])),
        a_rule("home", dice.choice([3_001, 0]), max_units_per_person=dice.choice([None, 4])),
        a_milestone("plan", 20_000, due_on=date(2026, 9, 1), late=dice.choice(["pays", "lost"])),
        a_fee(2_000),
    ]
    metrics = [a_metric(code, max_payments_per_person=dice.choice([2, 10])) for code in METRICS]
    metrics[1] = replace(metrics[1], measurement_points=POINTS, prerequisite=dice.choice([None, "job"]))
    windows = [(), (), (a_grant(date(2026, 2, 1), date(2026, 4, 1)),)]
    return a_contract(
        *rules,
        metrics=metrics,
        caps=_caps(dice),
        payers=PAYERS,
        split=some,
        windows=dice.choice(windows),
        retroactive=retroactive,
    )


def _caps(dice: random.Random) -> Sequence[Cap]:
    every, overflow = dice.choice(["month", "quarter", "year"]), dice.choice(["next_payer", "lost"])
    caps = [
        a_limit("person", dice.choice([25_000, 60_000])),
        a_limit("rule", dice.choice([60_000, 150_000]), rule="job"),
        a_limit("period", dice.choice([25_000, 60_000, 120_000]), every=every, period_basis="achieved"),
        a_limit("contract", dice.choice([90_000, 200_000])),
        a_limit("payer", dice.choice([30_000, 60_000]), payer=PAYERS[0], overflow=overflow),
    ]
    return [cap for cap in caps if dice.random() < 0.5]
