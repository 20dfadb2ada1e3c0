"""Tests: payments are confirmed from outside; the ledger shows what they move."""

from datetime import timedelta
from typing import Any

import pytest

from services.events.outcomes import OutcomeWithdrawn

from ..builders import INVESTOR, NOON, PAYER, PROVIDER, STRANGER, a_claim, a_rule
from ..conftest import Settling, refused


def kr(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "DKK"}


def a_payment(settling: Settling, amount: str = "200.00", **changed: Any) -> dict[str, Any]:
    fields = {"reference": "ERP-1", "paidOn": settling.clock.today().isoformat(), "outcome": "paid"}
    return {"amount": kr(amount), **fields, **changed}


async def posted(settling: Settling) -> dict[str, Any]:
    contract = await settling.contract(a_claim(1), a_claim(2))
    return await settling.settle(contract.contract_id)


async def confirm(settling: Settling, shown: dict[str, Any], body: Any, **caller: Any) -> Any:
    return await settling.post(PAYER, f"/v1/settlements/{shown['id']}/payments", body, shown["revision"], **caller)


async def entries(settling: Settling, shown: dict[str, Any], organisation: str = PAYER) -> list[Any]:
    """Kind, and the amount on each account, of each entry of the contract."""
    entries = (await settling.get(organisation, "/v1/ledger/entries", contract=shown["contractId"])).json()["items"]
    return [
        (entry["kind"], [(side["account"], side["amount"]["amount"]) for side in entry["postings"]])
        for entry in entries
    ]


OWED = ("approval", [(f"payee/{PROVIDER}/receivable", "200.00"), (f"payer/{PAYER}/payable", "-200.00")])


def moved(amount: str, kind: str = "payment") -> tuple[str, list[tuple[str, str]]]:
    back = amount[1:] if amount.startswith("-") else f"-{amount}"
    return kind, [
        (f"payer/{PAYER}/payable", amount),
        (f"payer/{PAYER}/clearing", back),
        (f"payee/{PROVIDER}/paid", amount),
        (f"payee/{PROVIDER}/receivable", back),
    ]


async def test_all_of_it_is_paid_by_a_machine_too(settling: Settling) -> None:
    shown = await posted(settling)
    answer = await confirm(settling, shown, a_payment(settling), who="erp", actor="system")
    assert answer.status_code == 200, answer.text
    paid = answer.json()
    assert (paid["state"], paid["outstanding"]) == ("paid", [{"payee": PROVIDER, "amount": kr("0.00")}])
    assert [(payment["reference"], payment["outcome"], payment["amount"]) for payment in paid["payments"]] == [
        ("ERP-1", "paid", kr("200.00"))
    ]
    assert await entries(settling, shown) == [OWED, moved("200.00")]


async def test_it_is_paid_in_parts_and_a_part_comes_back(settling: Settling) -> None:
    shown = await posted(settling)
    shown = (await confirm(settling, shown, a_payment(settling, "150.00"))).json()
    assert (shown["state"], shown["outstanding"][0]["amount"]) == ("partly_paid", kr("50.00"))
    shown = (await confirm(settling, shown, a_payment(settling, "50.00", reference="ERP-2"))).json()
    assert shown["state"] == "paid"
    shown = (await confirm(settling, shown, a_payment(settling, "150.00", outcome="rejected"))).json()
    assert (shown["state"], shown["outstanding"][0]["amount"]) == ("partly_paid", kr("150.00"))
    shown = (await confirm(settling, shown, a_payment(settling, "50.00", reference="ERP-2", outcome="rejected"))).json()
    assert (shown["state"], shown["outstanding"][0]["amount"]) == ("posted", kr("200.00"))
    assert await entries(settling, shown) == [
        OWED,
        moved("150.00"),
        moved("50.00"),
        moved("-150.00", "payment_reversal"),
        moved("-50.00", "payment_reversal"),
    ]


async def test_a_rejection_of_what_was_never_confirmed_moves_nothing(settling: Settling) -> None:
    shown = await posted(settling)
    shown = (await confirm(settling, shown, a_payment(settling, outcome="rejected"))).json()
    assert (shown["state"], len(shown["payments"])) == ("posted", 1)
    assert await entries(settling, shown) == [OWED]


@pytest.mark.parametrize(
    ("changed", "status", "code", "pointer"),
    [
        ({"amount": kr("200.01")}, 422, "payment-not-owed", "/amount"),
        ({"amount": kr("-1.00")}, 422, "payment-not-owed", "/amount"),
        ({"amount": kr("0.00")}, 422, "payment-not-owed", "/amount"),
        ({"amount": kr("1.5")}, 422, "amount-not-valid", "/amount/amount"),
        ({"amount": {"amount": "200.00", "currency": "SEK"}}, 422, "currency-differs", "/amount/currency"),
        ({"reference": "two words"}, 422, "reference-not-valid", "/reference"),
        ({"payee": INVESTOR}, 422, "payee-needed", "/payee"),
        ({"outcome": "maybe"}, 422, "shape-not-allowed", "/outcome"),
        ({"amount": {"amount": 200, "currency": "DKK"}}, 422, "shape-not-allowed", "/amount/amount"),
        ({"reference": "010190-1234"}, 422, "personal-number", "/reference"),
    ],
)
async def test_what_is_not_taken(
    settling: Settling, changed: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    shown = await posted(settling)
    refused(await confirm(settling, shown, {**a_payment(settling), **changed}), status, code, pointer)
    assert await entries(settling, shown) == [OWED]


async def test_a_day_that_has_not_come(settling: Settling) -> None:
    tomorrow = (settling.clock.today() + timedelta(days=2)).isoformat()
    answer = await confirm(settling, await posted(settling), a_payment(settling, paidOn=tomorrow))
    refused(answer, 422, "payment-in-future", "/paidOn")


async def test_a_reference_stands_for_one_payment_of_the_contract(settling: Settling) -> None:
    shown = await posted(settling)
    shown = (await confirm(settling, shown, a_payment(settling, "50.00"))).json()
    refused(await confirm(settling, shown, a_payment(settling, "50.00")), 409, "reference-taken")
    refused(await confirm(settling, shown, a_payment(settling, "60.00", outcome="rejected")), 422, "payment-differs")
    back = await confirm(settling, shown, a_payment(settling, "50.00", outcome="rejected"))
    refused(await confirm(settling, back.json(), a_payment(settling, "50.00")), 409, "reference-taken")


async def test_two_payees_are_paid_each_for_itself(settling: Settling) -> None:
    rules = [a_rule("job"), a_rule("home", payee=INVESTOR)]
    contract = await settling.contract(a_claim(1), a_claim(1, "home"), rules=rules)
    shown = await settling.settle(contract.contract_id)
    refused(await confirm(settling, shown, a_payment(settling, "100.00")), 422, "payee-needed", "/payee")
    shown = (await confirm(settling, shown, a_payment(settling, "100.00", payee=INVESTOR))).json()
    assert shown["state"] == "partly_paid"
    assert {row["payee"]: row["amount"]["amount"] for row in shown["outstanding"]} == {
        INVESTOR: "0.00",
        PROVIDER: "100.00",
    }
    shown = (await confirm(settling, shown, a_payment(settling, "100.00", payee=PROVIDER, reference="E2"))).json()
    assert shown["state"] == "paid"
    path = f"/v1/settlements/{shown['id']}"
    for organisation in (INVESTOR, PROVIDER):
        own = (await settling.get(organisation, path)).json()
        assert [payment["payee"] for payment in own["payments"]] == [organisation]
        assert [row["payee"] for row in own["outstanding"]] == [organisation]


async def test_before_it_is_posted_nothing_is_paid(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    shown = await settling.prepare(contract.contract_id)
    refused(await confirm(settling, shown, a_payment(settling)), 409, "settlement-state-not-right")


async def test_a_settlement_of_nothing_is_posted_and_there_is_nothing_to_pay(settling: Settling) -> None:
    contract = await settling.contract()
    shown = await settling.settle(contract.contract_id)
    assert (shown["state"], shown["total"]) == ("posted", kr("0.00"))
    assert await entries(settling, shown) == [("approval", [])]
    refused(await confirm(settling, shown, a_payment(settling)), 422, "payment-not-owed")


async def test_a_negative_settlement_is_paid_back(settling: Settling) -> None:
    claim = a_claim(1)
    contract = await settling.contract(claim)
    await settling.settle(contract.contract_id)
    await settling.tell(OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=claim.id, withdrawn_at=NOON))
    shown = await settling.settle(contract.contract_id, "correction")
    refused(await confirm(settling, shown, a_payment(settling, "100.00")), 422, "payment-not-owed")
    shown = (await confirm(settling, shown, a_payment(settling, "-100.00"))).json()
    assert shown["state"] == "paid"


async def test_the_ledger_shows_others_their_own_side(settling: Settling) -> None:
    shown = await posted(settling)
    await confirm(settling, shown, a_payment(settling))
    assert await entries(settling, shown, PROVIDER) == [
        ("approval", [(f"payee/{PROVIDER}/receivable", "200.00")]),
        ("payment", [(f"payee/{PROVIDER}/paid", "200.00"), (f"payee/{PROVIDER}/receivable", "-200.00")]),
    ]
    assert await entries(settling, shown, INVESTOR) == []
    stranger = await settling.get(STRANGER, "/v1/ledger/entries", contract=shown["contractId"])
    refused(stranger, 404, "not-found")
    page = await settling.get(PAYER, "/v1/ledger/entries", contract=shown["contractId"], limit="1")
    rest = await settling.get(
        PAYER, "/v1/ledger/entries", contract=shown["contractId"], cursor=page.json()["nextCursor"]
    )
    assert [entry["kind"] for entry in page.json()["items"] + rest.json()["items"]] == ["approval", "payment"]
