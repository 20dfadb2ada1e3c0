"""Tests: two payers share a contract: each approves and pays its own share."""

import csv
import io
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.core.terms.splits import Shares, Weight
from settlement_service.domain.facts.claims import Claim

from ..builders import INVESTOR, PAYER, PAYER_2, PROVIDER, a_claim, a_rule, activated, an_amendment
from ..conftest import Settling, refused

EXPLANATION = f"/lines/1/items/{a_claim(1).subject_id}/1/explanation"
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


async def test_the_table_has_a_row_for_each_line_and_payer_and_every_column_can_be_summed(settling: Settling) -> None:
    shown = await posted(settling)
    answer = await settling.get(PAYER, f"/v1/settlements/{shown['id']}", "text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text), delimiter=";"))
    told = ("line", "people", "units", "cut_rule", "amount", "payee", "payer", "share")
    assert [tuple(row[name] for name in told) for row in rows] == [
        ("1", "1", "1", "0", "300,00", PROVIDER, PAYER, "100,00"),
        ("1", "", "", "", "", PROVIDER, PAYER_2, "200,00"),
        ("2", "1", "1", "0", "90,00", INVESTOR, PAYER, "30,00"),
        ("2", "", "", "", "", INVESTOR, PAYER_2, "60,00"),
        ("total", "", "", "", "390,00", "", PAYER, "130,00"),
        ("total", "", "", "", "", "", PAYER_2, "260,00"),
    ]
    assert {row["currency"] for row in rows} == {"DKK"}


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


async def amended(settling: Settling, contract_id: UUID, rules: list[Any], parties: tuple[str, ...]) -> None:
    """From July on there are other parties."""
    after = activated(rules, contract_id=contract_id, parties=parties)
    await settling.tell(an_amendment(after, contract_id, date(2026, 7, 1)))


async def test_who_leaves_by_an_amendment_approves_and_pays_what_it_still_owes(settling: Settling) -> None:
    before = activated([a_rule("job", 30_000, split=SPLIT)], parties=(PAYER, PAYER_2, PROVIDER))
    claim = a_claim(1, "job", day="2026-03-01")
    await settling.tell(before)
    await settling.verify(before.contract_id, claim)
    await amended(settling, before.contract_id, [a_rule("job", 30_000)], (PAYER, PROVIDER))
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


@pytest.mark.parametrize("claims", [(a_claim(1, "job"),), ()])
async def test_who_comes_by_an_amendment_is_not_asked_for_what_was_calculated_before(
    settling: Settling, claims: tuple[Claim, ...]
) -> None:
    contract = await settling.contract(*claims, rules=[a_rule("job", 30_000)], parties=(PAYER, PROVIDER))
    shown = await settling.prepare(contract.contract_id, "correction")
    rules = [a_rule("job", 30_000, split=SPLIT)]
    await amended(settling, contract.contract_id, rules, (PAYER, PAYER_2, PROVIDER))
    path = f"/v1/settlements/{shown['id']}"
    assert "lines" not in (await settling.get(PAYER_2, path)).json()
    content = {"contentSha256": shown["contentSha256"]}
    refused(
        await settling.post(PAYER_2, f"{path}/approvals", content, shown["revision"], "carl"), 403, "role-not-allowed"
    )
    assert (await settling.approve(shown))["state"] == "approved"
    await settling.post_approved()
    again = await settling.approve(await settling.prepare(contract.contract_id))
    assert again["state"] == "calculated", "what is calculated from now on both approve"


class TestWhoLeft:
    """Reads what it was told of, and of what came later only what it pays something by."""

    async def left(self, settling: Settling) -> tuple[UUID, str]:
        """The contract, and the settlement that was told both payers."""
        rules = [a_rule("job", 30_000, split=SPLIT)]
        contract = await settling.contract(a_claim(1, "job"), rules=rules, parties=(PAYER, PAYER_2, PROVIDER))
        contract_id = contract.contract_id
        shown = await settling.approve(await settling.prepare(contract_id))
        path = f"/v1/settlements/{shown['id']}"
        content = {"contentSha256": shown["contentSha256"]}
        await settling.post(PAYER_2, f"{path}/approvals", content, shown["revision"], "carl")
        await settling.post_approved()
        await amended(settling, contract_id, [a_rule("job", 30_000)], (PAYER, PROVIDER))
        return contract_id, path

    async def test_reads_what_it_was_told_of(self, settling: Settling) -> None:
        contract_id, path = await self.left(settling)
        for below in ("", "/lines", "/lines/1/items", EXPLANATION, "/inputs"):
            assert (await settling.get(PAYER_2, path + below)).status_code == 200, below
        listed = (await settling.get(PAYER_2, f"/v1/contracts/{contract_id}/settlements")).json()["items"]
        assert [settlement["number"] for settlement in listed] == [1]

    async def test_reads_nothing_newer(self, settling: Settling) -> None:
        contract_id, path = await self.left(settling)
        position = f"/v1/contracts/{contract_id}/position"
        as_it_was = (await settling.get(PAYER_2, position)).json()
        await settling.verify(contract_id, a_claim(2, "job", day="2026-08-01"))
        newer = await settling.settle(contract_id, "correction")
        assert newer["total"] == kr("300.00")
        for below in ("", "/lines", "/lines/1/items", EXPLANATION, "/inputs"):
            refused(await settling.get(PAYER_2, f"/v1/settlements/{newer['id']}{below}"), 404, "not-found")
        for listing in (f"/v1/contracts/{contract_id}/settlements", "/v1/settlements"):
            listed = (await settling.get(PAYER_2, listing, limit="500")).json()["items"]
            assert newer["id"] not in [settlement["id"] for settlement in listed]
        told = (await settling.get(PAYER_2, position)).json()
        assert told == as_it_was
        assert told["settled"] == kr("300.00")
        assert told["asOf"]["settlementId"] == path.rpartition("/")[2]
        assert "rules" not in told
        entries = (await settling.get(PAYER_2, "/v1/ledger/entries", contract=str(contract_id))).json()["items"]
        assert {entry["settlementId"] for entry in entries} == {path.rpartition("/")[2]}
        simulated = {"from": "now", "scenarios": [{"name": "a", "outcomes": []}]}
        answer = await settling.post(PAYER_2, f"/v1/contracts/{contract_id}/simulations", simulated)
        refused(answer, 403, "role-not-allowed")
