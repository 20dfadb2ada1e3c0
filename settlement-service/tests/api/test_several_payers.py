"""Tests: two payers share a contract: each approves and pays its own share."""

from datetime import date
from typing import Any

from services.core.terms.splits import Shares, Weight
from services.events.contracts import ContractAmended

from ..builders import INVESTOR, PAYER, PAYER_2, PROVIDER, a_claim, a_rule, activated
from ..conftest import Settling, refused

SPLIT = Shares(kind="shares", weights=(Weight(payer=PAYER, weight=1), Weight(payer=PAYER_2, weight=2)))


def kr(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "DKK"}


async def posted(settling: Settling) -> dict[str, Any]:
    """300.00 to the provider and 90.00 to the investor, one third and two thirds; approved by both payers."""
    rules = [a_rule("job", 30_000, split=SPLIT), a_rule("home", 9_000, split=SPLIT, payee=INVESTOR)]
    parties = (PAYER, PAYER_2, INVESTOR, PROVIDER)
    claims = (a_claim(1, "job"), a_claim(1, "home"))
    contract = await settling.contract(*claims, rules=rules, parties=parties)
    shown = await settling.prepare(contract.contract_id)
    shown = await settling.approve(shown)
    assert shown["state"] == "calculated", "the other payer has not approved"
    path = f"/v1/settlements/{shown['id']}/approvals"
    answer = await settling.post(PAYER_2, path, {"contentSha256": shown["contentSha256"]}, shown["revision"], "carl")
    assert answer.json()["state"] == "approved", answer.text
    return await settling.posted(shown)


async def pay(settling: Settling, shown: dict[str, Any], payer: str, amount: str, payee: str, **changed: Any) -> Any:
    body: dict[str, Any] = {
        "reference": f"ERP-{payee[-2:]}",
        "paidOn": settling.clock.today().isoformat(),
        "outcome": "paid",
    }
    body |= {"amount": kr(amount), "payee": payee, **changed}
    latest = (await settling.get(PAYER, f"/v1/settlements/{shown['id']}")).json()
    return await settling.post(payer, f"/v1/settlements/{shown['id']}/payments", body, latest["revision"], "dora")


async def test_lines_say_each_payers_share(settling: Settling) -> None:
    shown = await posted(settling)
    assert [line["shares"] for line in shown["lines"]] == [
        [{"payer": PAYER, "amount": kr("100.00")}, {"payer": PAYER_2, "amount": kr("200.00")}],
        [{"payer": PAYER, "amount": kr("30.00")}, {"payer": PAYER_2, "amount": kr("60.00")}],
    ]


async def test_a_payer_pays_its_own_share_and_no_more(settling: Settling) -> None:
    shown = await posted(settling)
    refused(await pay(settling, shown, PAYER, "100.01", PROVIDER), 422, "payment-not-owed")
    assert (await pay(settling, shown, PAYER, "100.00", PROVIDER)).json()["state"] == "partly_paid"
    refused(await pay(settling, shown, PAYER, "1.00", PROVIDER, reference="ERP-2"), 422, "payment-not-owed")


async def test_it_is_paid_when_everybody_has_paid_everybody(settling: Settling) -> None:
    shown = await posted(settling)
    states = [
        (await pay(settling, shown, payer, amount, payee)).json()["state"]
        for payer, amount, payee in (
            (PAYER, "100.00", PROVIDER),
            (PAYER, "30.00", INVESTOR),
            (PAYER_2, "200.00", PROVIDER),
            (PAYER_2, "60.00", INVESTOR),
        )
    ]
    assert states == ["partly_paid", "partly_paid", "partly_paid", "paid"]
    back = await pay(settling, shown, PAYER_2, "60.00", INVESTOR, outcome="rejected")
    assert back.json()["state"] == "partly_paid"


async def test_who_leaves_by_an_amendment_approves_and_pays_what_it_still_owes(settling: Settling) -> None:
    before = activated([a_rule("job", 30_000, split=SPLIT)], parties=(PAYER, PAYER_2, PROVIDER))
    claim = a_claim(1, "job", day="2026-03-01")
    await settling.tell(before)
    await settling.verify(before.contract_id, claim)
    after = activated([a_rule("job", 30_000)], contract_id=before.contract_id, parties=(PAYER, PROVIDER))
    known = {name: getattr(after, name) for name in after.__dataclass_fields__}
    await settling.tell(ContractAmended(**{**known, "version": 2, "effective_from": date(2026, 7, 1)}))
    shown = await settling.prepare(before.contract_id)
    shown = await settling.approve(shown)
    assert shown["state"] == "calculated", "who left has not approved what it pays"
    path = f"/v1/settlements/{shown['id']}"
    seen = (await settling.get(PAYER_2, path)).json()
    content = {"contentSha256": seen["contentSha256"]}
    answer = await settling.post(PAYER_2, f"{path}/approvals", content, seen["revision"], "carl")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["total"]) == ("approved", kr("300.00"))
    await settling.posted(shown)
    assert (await pay(settling, shown, PAYER_2, "200.00", PROVIDER)).json()["state"] == "partly_paid"
    assert (await pay(settling, shown, PAYER, "100.00", PROVIDER)).json()["state"] == "paid"
    body = {"kind": "correction", "period": {"start": "2026-01-01", "end": "2027-01-01"}}
    answer = await settling.post(PAYER_2, f"/v1/contracts/{before.contract_id}/settlements", body)
    refused(answer, 403, "role-not-allowed")
    again = await settling.prepare(before.contract_id, "correction")
    assert (await settling.approve(again))["state"] == "approved", "who left is asked for what it pays alone"
