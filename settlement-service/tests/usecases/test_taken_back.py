"""Tests: what is due no more though its claim stands is taken back, on the database as in the domain."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.events.contracts import ContractActivated, ContractAmended
from services.events.outcomes import OutcomeWithdrawn

from ..both_ways import both_ways
from ..builders import NOON, PAYER, a_claim, a_metric, a_rule, an_amendment
from ..conftest import Settling
from ..mechanisms import a_measure, a_milestone, a_threshold

END = date(2027, 1, 1)
JOB, PLAN = a_metric("job"), a_metric("plan")


async def test_a_condition_that_holds_no_more(settling: Settling) -> None:
    planned = a_threshold(a_measure("plan", "count"), "ge", "1")
    plan = a_claim(2, "plan")
    contract = await settling.contract(a_claim(1), plan, rules=[a_rule(when=planned)], metrics=[JOB, PLAN])
    await settling.settle(contract.contract_id)
    await settling.tell(OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=plan.id, withdrawn_at=NOON))
    assert await _taken_back(settling, contract) == ["not-yet-measured"]


async def test_a_price_that_an_amendment_changed_for_all_that_was(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1, units=2), rules=[a_rule()], metrics=[JOB])
    await settling.settle(contract.contract_id)
    await settling.tell(_amended(contract, a_rule(prices=a_rule("job", 9_000).prices)))
    assert await _taken_back(settling, contract) == [None, "other-price"]


@pytest.mark.parametrize("rule", [a_rule("work", metric="job"), a_rule("plan")])
async def test_a_rule_that_an_amendment_dropped_for_all_that_was(settling: Settling, rule: Any) -> None:
    contract = await settling.contract(a_claim(1), rules=[a_rule(), a_milestone()], metrics=[JOB, PLAN])
    await settling.settle(contract.contract_id)
    await settling.tell(_amended(contract, rule))
    assert "other-occurrence" in await _taken_back(settling, contract)


def _amended(contract: ContractActivated, *rules: Any) -> ContractAmended:
    payment = replace(contract.payment, rules=rules, retroactive=True)
    return an_amendment(replace(contract, payment=payment), contract.contract_id, contract.effective_from)


async def _taken_back(settling: Settling, contract: ContractActivated) -> list[str | None]:
    """The reasons of a settlement's items, once it is seen to be what all that is known gives."""
    new, everything, _ = await both_ways(settling, contract.contract_id, END)
    assert new == everything
    shown = await settling.settle(contract.contract_id, "correction")
    assert shown["state"] == "posted"
    assert (await settling.get(PAYER, f"/v1/settlements/{shown['id']}")).status_code == 200
    return [change.reason for change in everything.changes]
