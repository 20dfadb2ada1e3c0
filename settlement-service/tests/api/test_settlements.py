"""Tests: a settlement from the request to the posted statement, as its parties see it."""

from ..builders import INVESTOR, PAYER, PROVIDER, a_claim  # noqa: TID252
from ..conftest import Settling, refused  # noqa: TID252


async def test_a_settlement_is_prepared_calculated_approved_and_posted(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1), a_claim(2))
    body = {"kind": "scheduled", "period": {"start": "2026-01-01", "end": "2027-01-01"}}
    opened = await settling.post(PAYER, f"/v1/contracts/{contract.contract_id}/settlements", body)
    assert opened.status_code == 202, opened.text
    assert opened.json()["state"] == "open"
    path = opened.headers["location"]
    await settling.freeze()
    answer = await settling.get(PAYER, path)
    shown = answer.json()
    assert (shown["state"], shown["total"]) == ("calculated", {"amount": "200.00", "currency": "DKK"})
    content = {"contentSha256": shown["contentSha256"]}
    posted = await settling.post(PAYER, f"{path}/approvals", content, answer.headers["etag"], who="bo")
    assert posted.status_code == 200, posted.text
    assert posted.json()["state"] == "posted"
    assert posted.json()["outstanding"] == [{"payee": PROVIDER, "amount": {"amount": "200.00", "currency": "DKK"}}]
    assert posted.headers["etag"] == '"3"'


async def test_an_investor_is_refused_items(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    shown = await settling.settle(contract.contract_id)
    answer = await settling.get(INVESTOR, f"/v1/settlements/{shown['id']}/lines/1/items")
    refused(answer, 403, "role-not-allowed")
