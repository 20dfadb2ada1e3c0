"""Tests: a gate that does not hold gives nothing, and still says why, down to its threshold."""

from services.core.terms.measures import Fixed

from ..builders import PAYER, PROVIDER, a_claim
from ..conftest import Settling
from ..mechanisms import a_gate, a_measure, a_threshold


def kr(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "DKK"}


async def test_a_gate_that_does_not_hold_explains_its_threshold(settling: Settling) -> None:
    measure = a_measure("job", "share", denominator=Fixed(kind="fixed", number=10))
    contract = await settling.contract(a_claim(1), a_claim(2), rules=[a_gate(a_threshold(measure, "ge", "0.30"))])
    settled = await settling.settle(contract.contract_id)
    (line,) = settled["lines"]
    assert (line["amount"], line["state"]) == (kr("0.00"), "gate_not_met")
    path = f"/v1/settlements/{settled['id']}"
    (item,) = (await settling.get(PAYER, f"{path}/lines/1/items")).json()["items"]
    assert (item["amount"], item["reason"]) == (kr("0.00"), "gate-not-met")
    own = f"{path}/lines/1/items/{item['subjectId']}/{item['occurrence']}/explanation"
    told = (await settling.get(PROVIDER, own)).json()
    assert "is 20 % and must be at least 30 %: not met" in told["text"]
    step = told["tree"]["of"][0]
    assert (step["op"], step["value"], step["reason"]) == ("not_due", "0", "gate-not-met")
    again = await settling.settle(contract.contract_id, "correction")
    assert again["lines"] == [], "nothing was posted, and nothing changes"
