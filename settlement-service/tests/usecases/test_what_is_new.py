"""Tests: a settlement that looks at what is new alone says what one over everything would say."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.events.contracts import ContractAmended
from services.events.outcomes import OutcomeSuperseded, OutcomeWithdrawn
from settlement_service.storage import opened

from ..both_ways import both_ways
from ..builders import NOON, a_cap, a_claim, a_metric, a_rule, activated, claimed, verified
from ..conftest import Settling
from ..mechanisms import a_limit

ENDS = (date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), date(2027, 1, 1))


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_course_both_give_the_same(settling: Settling, seed: int) -> None:
    dice = random.Random(seed)
    caps = [a_cap("person", 25_000), a_cap("rule", 120_000, "job"), a_cap("contract", dice.choice([150_000, 400_000]))]
    rules = [a_rule("job"), a_rule("home", 3_000)]
    contract = activated(rules, caps, [a_metric("job"), a_metric("home")])
    await settling.tell(contract)
    for turn, end in enumerate(ENDS):
        await settling.tell(*_course(dice, contract.contract_id, turn))
        new, everything, looked_at = await both_ways(settling, contract.contract_id, end)
        assert new == everything
        await settling.settle(contract.contract_id, end=end)
    _, _, left = await both_ways(settling, contract.contract_id, ENDS[-1])
    assert left <= looked_at


async def test_who_is_settled_is_looked_at_no_more(settling: Settling) -> None:
    contract = await settling.contract(*(a_claim(n) for n in range(20)))
    await settling.settle(contract.contract_id)
    await settling.verify(contract.contract_id, a_claim(3, occurrence="2"))
    _, _, looked_at = await both_ways(settling, contract.contract_id, ENDS[-1])
    assert looked_at == 1


def _course(dice: random.Random, contract_id: UUID, turn: int) -> Iterable[Any]:
    for n in range(12):
        day = f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        metric = dice.choice(["job", "home"])
        claim = a_claim(dice.randint(1, 8), metric, str(100 * turn + n + 1), day, units=dice.randint(1, 3))
        yield claimed(contract_id, claim)
        yield verified(contract_id, claim)
        if dice.random() < 0.2:
            yield OutcomeWithdrawn(contract_id=contract_id, claim_id=claim.id, withdrawn_at=NOON)
        elif dice.random() < 0.2:
            other = a_claim(dice.randint(1, 8), metric, str(1000 + 100 * turn + n), "2026-05-05")
            yield claimed(contract_id, other, claim.id)
            yield OutcomeSuperseded(contract_id=contract_id, claim_id=claim.id, superseded_by=other.id)
            if dice.random() < 0.5:
                yield verified(contract_id, other)


async def test_what_was_posted_for_a_later_day_is_looked_at_again_after_an_earlier_period(settling: Settling) -> None:
    late = a_claim(1, day="2026-09-01")
    contract = await settling.contract(late)
    await settling.settle(contract.contract_id)
    await settling.tell(OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=late.id, withdrawn_at=NOON))
    await settling.settle(contract.contract_id, "correction", ENDS[0])
    new, everything, _ = await both_ways(settling, contract.contract_id, ENDS[-1])
    assert new == everything
    assert [change.difference.amount_minor for change in new.changes] == [-10_000]


async def test_what_was_corrected_into_another_period_leaves_room_in_the_first_and_has_it_in_the_other(
    settling: Settling,
) -> None:
    before, after = a_claim(1, day="2026-03-01"), a_claim(1, day="2026-05-20")
    cap = a_limit("period", 10_000, every="month", period_basis="achieved")
    contract = await settling.contract(before, caps=[cap])
    await settling.settle(contract.contract_id)
    superseded = OutcomeSuperseded(contract_id=contract.contract_id, claim_id=before.id, superseded_by=after.id)
    await settling.tell(claimed(contract.contract_id, after, before.id), superseded)
    await settling.tell(verified(contract.contract_id, after))
    shown = await settling.settle(contract.contract_id, "correction")
    assert shown["total"]["amount"] == "0.00"
    assert await months(settling, contract.contract_id) == {"2026-05": 10_000}
    _, _, looked_at = await both_ways(settling, contract.contract_id, ENDS[-1])
    assert looked_at == 0, "of whom the day is posted nothing is new"
    for n, day in enumerate(["2026-03-02", "2026-05-02"], start=2):
        await settling.verify(contract.contract_id, a_claim(n, day=day))
    new, everything, _ = await both_ways(settling, contract.contract_id, ENDS[-1])
    assert new == everything
    assert [change.difference.amount_minor for change in new.changes] == [10_000, 0]


async def test_what_a_later_version_cuts_of_a_person_may_be_due_by_an_earlier_one(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1, units=3))
    known = {name: getattr(contract, name) for name in contract.__dataclass_fields__}
    payment = replace(contract.payment, caps=(a_cap("person", 20_000),))
    amended = {"version": 2, "payment": payment, "effective_from": ENDS[1]}
    await settling.tell(ContractAmended(**{**known, **amended}))
    assert (await settling.settle(contract.contract_id))["total"]["amount"] == "200.00"
    new, everything, _ = await both_ways(settling, contract.contract_id, ENDS[0])
    assert new == everything
    assert [change.difference.amount_minor for change in new.changes] == [10_000]


async def months(settling: Settling, contract_id: UUID) -> dict[str, int]:
    """What is posted by the months that it was achieved in."""
    async with settling.as_worker() as tx:
        totals = await opened.posted_totals(tx, contract_id)
    return {total.month: total.under_caps_minor for total in totals if not total.payer and total.under_caps_minor}
