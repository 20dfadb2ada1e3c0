"""Tests: a settlement from the request to the posted statement."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from services.clients.registry import Registry
from services.events.outcomes import OutcomeWithdrawn
from services.kit.process import clock
from services.kit.testing import a_caller, as_admin, new_key

from ..builders import (
    EVALUATOR,
    INVESTOR,
    NOON,
    PAYER,
    PROVIDER,
    STRANGER,
    YEAR,
    a_cap,
    a_claim,
    a_rule,
)
from ..conftest import Settling, refused

SCHEDULED = {"kind": "scheduled", "period": {"start": "2026-01-01", "end": "2027-01-01"}}
DKK = "DKK"


def kr(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": DKK}


async def test_a_settlement_is_prepared_calculated_approved_and_posted(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1), a_claim(2))
    opened = await settling.post(PAYER, f"/v1/contracts/{contract.contract_id}/settlements", SCHEDULED)
    assert (opened.status_code, opened.json()["state"]) == (202, "open")
    path = opened.headers["location"]
    assert "lines" not in opened.json()
    await settling.freeze()
    answer = await settling.get(PAYER, path)
    shown = answer.json()
    assert (shown["state"], shown["total"], shown["previouslySettled"]) == ("calculated", kr("200.00"), kr("0.00"))
    content = {"contentSha256": shown["contentSha256"]}
    approved = await settling.post(PAYER, f"{path}/approvals", content, answer.headers["etag"], who="bo")
    assert (approved.status_code, approved.json()["state"]) == (200, "approved"), approved.text
    told = await settling.posted(approved.json())
    assert told["outstanding"] == [{"payee": PROVIDER, "amount": kr("200.00")}]
    assert [approval["by"] for approval in told["approvals"]] == [
        {"organisationId": PAYER, "actor": "person", "subject": "bo"}
    ]
    assert told["accountingOn"] == "2026-12-31"
    document_on = date.fromisoformat(told["documentOn"])
    assert date.fromisoformat(told["valueOn"]) == document_on + timedelta(days=30)
    again = await settling.get(PAYER, path)
    assert (again.headers["etag"], again.json()) == (f'"{told["revision"]}"', told)
    (listed,) = (await settling.get(PAYER, f"/v1/contracts/{contract.contract_id}/settlements")).json()["items"]
    assert listed == {name: told[name] for name in told if name not in ("approvals", "payments", "outstanding")}


async def test_the_next_one_posts_the_difference_and_a_withdrawn_claim_comes_back(settling: Settling) -> None:
    withdrawn = a_claim(1)
    contract = await settling.contract(withdrawn, a_claim(2))
    await settling.settle(contract.contract_id)
    await settling.tell(OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=withdrawn.id, withdrawn_at=NOON))
    shown = await settling.settle(contract.contract_id, "correction")
    assert [(line["units"], line["amount"]) for line in shown["lines"]] == [(-1, kr("-100.00"))]
    assert (shown["previouslySettled"], shown["settledToDate"]) == (kr("200.00"), kr("100.00"))
    assert shown["outstanding"] == [{"payee": PROVIDER, "amount": kr("-100.00")}]


async def test_what_is_told_of_a_settlement(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    shown = await settling.settle(contract.contract_id)
    statement = "select type, sequence, body::text from fact where aggregate = $1 order by sequence"
    rows = await as_admin(settling.urls, statement, str(contract.contract_id))
    types = [row["type"].removeprefix("eu.enzym.settlement.") for row in rows]
    assert types == ["frozen.v1", "calculated.v1", "approved.v1", "posted.v1"]
    assert [row["sequence"] for row in rows] == [1, 2, 3, 4]
    assert shown["contentSha256"] in rows[1]["body"]
    assert all(str(claim) not in row["body"] for row in rows for claim in (a_claim(1).subject_id,))


class TestPreparing:
    async def test_one_unposted_settlement_at_a_time(self, settling: Settling) -> None:
        contract = await settling.contract()
        path = f"/v1/contracts/{contract.contract_id}/settlements"
        first = await settling.post(PAYER, path, SCHEDULED)
        refused(await settling.post(PAYER, path, {**SCHEDULED, "kind": "correction"}), 409, "settlement-under-way")
        cancel = f"/v1/settlements/{first.json()['id']}/cancellation"
        assert (await settling.post(PAYER, cancel, {}, 1)).json()["state"] == "cancelled"
        assert (await settling.post(PAYER, path, SCHEDULED)).json()["number"] == 2

    async def test_one_scheduled_run_of_a_period_and_corrections_as_many_as_are_needed(
        self, settling: Settling
    ) -> None:
        contract = await settling.contract(a_claim(1))
        await settling.settle(contract.contract_id)
        path = f"/v1/contracts/{contract.contract_id}/settlements"
        refused(await settling.post(PAYER, path, SCHEDULED), 409, "period-taken")
        assert (await settling.settle(contract.contract_id, "correction"))["lines"] == []
        assert (await settling.settle(contract.contract_id, "correction"))["state"] == "posted"
        assert (await settling.settle(contract.contract_id, end=date(2027, 7, 1)))["state"] == "posted"

    async def test_the_same_request_sent_again_is_answered_again(self, settling: Settling) -> None:
        contract = await settling.contract()
        client = settling.doors.as_(a_caller(PAYER))
        path, key = f"/v1/contracts/{contract.contract_id}/settlements", new_key()
        first = await client.post(path, json=SCHEDULED, headers=key)
        again = await client.post(path, json=SCHEDULED, headers=key)
        assert (again.status_code, again.content) == (202, first.content)
        assert again.headers["idempotency-replayed"] == "true"

    @pytest.mark.parametrize("organisation", [INVESTOR, PROVIDER, EVALUATOR])
    async def test_only_a_payer_prepares(self, settling: Settling, organisation: str) -> None:
        contract = await settling.contract()
        path = f"/v1/contracts/{contract.contract_id}/settlements"
        refused(await settling.post(organisation, path, SCHEDULED), 403, "role-not-allowed")

    @pytest.mark.parametrize(
        ("body", "code", "pointer"),
        [
            ({**SCHEDULED, "period": {"start": "2026-01-01", "end": "2026-01-01"}}, "period-empty", "/period/end"),
            ({**SCHEDULED, "kind": "special"}, "shape-not-allowed", "/kind"),
            ({**SCHEDULED, "period": {"start": 20454, "end": "2027-01-01"}}, "shape-not-allowed", "/period/start"),
            ({"kind": "scheduled"}, "shape-not-allowed", "/period"),
            ({**SCHEDULED, "note": "x"}, "shape-not-allowed", "/note"),
        ],
    )
    async def test_what_cannot_be_settled(self, settling: Settling, body: Any, code: str, pointer: str) -> None:
        contract = await settling.contract()
        answer = await settling.post(PAYER, f"/v1/contracts/{contract.contract_id}/settlements", body)
        refused(answer, 422, code, pointer)


class TestApproving:
    async def test_who_prepared_and_machines_do_not_approve(self, settling: Settling) -> None:
        contract = await settling.contract(a_claim(1))
        shown = await settling.prepare(contract.contract_id)
        path, content = f"/v1/settlements/{shown['id']}/approvals", {"contentSha256": shown["contentSha256"]}
        revision = shown["revision"]
        refused(await settling.post(PAYER, path, content, revision, who="anna"), 403, "approver-prepared")
        refused(await settling.post(PAYER, path, content, revision, who="erp", actor="system"), 403, "person-needed")
        for organisation in (INVESTOR, PROVIDER, EVALUATOR):
            refused(await settling.post(organisation, path, content, revision, "bo"), 403, "role-not-allowed")

    async def test_what_a_machine_prepared_needs_two_persons(self, settling: Settling) -> None:
        contract = await settling.contract(a_claim(1))
        shown = await settling.prepare(contract.contract_id, who="erp", actor="system")
        once = await settling.approve(shown, "anna")
        assert (once["state"], len(once["approvals"])) == ("calculated", 1)
        content = {"contentSha256": shown["contentSha256"]}
        again = await settling.post(PAYER, f"/v1/settlements/{shown['id']}/approvals", content, once["revision"])
        refused(again, 409, "approved-already")
        assert (await settling.approve(once, "bo"))["state"] == "approved"

    async def test_another_content_or_version_is_refused(self, settling: Settling) -> None:
        contract = await settling.contract(a_claim(1))
        shown = await settling.prepare(contract.contract_id)
        path, content = f"/v1/settlements/{shown['id']}/approvals", {"contentSha256": shown["contentSha256"]}
        other = {"contentSha256": "00" * 32}
        refused(await settling.post(PAYER, path, other, shown["revision"], "bo"), 409, "content-differs")
        refused(await settling.post(PAYER, path, content, 1, "bo"), 412, "version-stale")
        refused(await settling.post(PAYER, path, content, None, "bo"), 428, "version-required")
        assert (await settling.approve(shown))["state"] == "approved"
        refused(await settling.post(PAYER, path, content, 3, "carl"), 409, "settlement-state-not-right")

    async def test_what_is_not_calculated_is_not_approved(self, settling: Settling) -> None:
        contract = await settling.contract()
        opened = await settling.post(PAYER, f"/v1/contracts/{contract.contract_id}/settlements", SCHEDULED)
        path = f"{opened.headers['location']}/approvals"
        answer = await settling.post(PAYER, path, {"contentSha256": "00" * 32}, 1, "bo")
        refused(answer, 409, "settlement-state-not-right")

    async def test_facts_that_come_after_the_freeze_wait_for_the_next(self, settling: Settling) -> None:
        contract = await settling.contract(a_claim(1))
        shown = await settling.prepare(contract.contract_id)
        await settling.verify(contract.contract_id, a_claim(2))
        assert (await settling.posted(await settling.approve(shown)))["total"] == kr("100.00")
        assert (await settling.settle(contract.contract_id, "correction"))["total"] == kr("100.00")


class TestCancelling:
    async def test_a_calculated_one_is_given_up_and_its_period_is_free(self, settling: Settling) -> None:
        contract = await settling.contract(a_claim(1))
        shown = await settling.prepare(contract.contract_id)
        path = f"/v1/settlements/{shown['id']}/cancellation"
        refused(await settling.post(PROVIDER, path, {}, shown["revision"]), 403, "role-not-allowed")
        cancelled = await settling.post(PAYER, path, {}, shown["revision"])
        assert cancelled.json()["state"] == "cancelled"
        assert (await settling.settle(contract.contract_id))["total"] == kr("100.00")

    async def test_what_is_posted_stays(self, settling: Settling) -> None:
        contract = await settling.contract(a_claim(1))
        posted = await settling.settle(contract.contract_id)
        answer = await settling.post(PAYER, f"/v1/settlements/{posted['id']}/cancellation", {}, posted["revision"])
        refused(answer, 409, "settlement-state-not-right")


class TestStrangers:
    async def test_another_organisation_finds_nothing_as_for_an_unknown_id(self, settling: Settling) -> None:
        contract = await settling.contract(a_claim(1))
        shown = await settling.settle(contract.contract_id)
        unknown = clock.new_id()
        explanation = f"/lines/1/items/{a_claim(1).subject_id}/1/explanation"
        for path in ("", "/lines", "/lines/1/items", explanation, "/inputs"):
            answers = [await settling.get(STRANGER, f"/v1/settlements/{id_}{path}") for id_ in (shown["id"], unknown)]
            bodies = [refused(answer, 404, "not-found") for answer in answers]
            for body in bodies:
                del body["instance"], body["correlationId"]
            assert bodies[0] == bodies[1]
        for path in ("settlements", "position"):
            answer = await settling.get(STRANGER, f"/v1/contracts/{contract.contract_id}/{path}")
            refused(answer, 404, "not-found")
        for command, body in (("approvals", {"contentSha256": "00" * 32}), ("cancellation", {})):
            answer = await settling.post(STRANGER, f"/v1/settlements/{shown['id']}/{command}", body, 3)
            refused(answer, 404, "not-found")
        assert (await settling.get(STRANGER, "/v1/settlements")).json() == {"items": []}

    @pytest.mark.parametrize(
        ("state", "parties", "status", "code"),
        [
            ("active", [PAYER], 503, "contract-not-yet-known"),
            ("signed", [PAYER], 409, "contract-not-active"),
            ("active", [STRANGER], 404, "not-found"),
        ],
    )
    async def test_a_contract_that_is_on_its_way_is_not_denied(
        self, settling: Settling, state: str, parties: list[str], status: int, code: str
    ) -> None:
        contract_id = str(clock.new_id())
        contract = {"contractId": contract_id, "parties": parties, "state": state}
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json=contract))
        client = httpx.AsyncClient(transport=transport, base_url="http://registry.invalid")
        settling.doors.app.state.registry = Registry(client, "from then on it can be settled")
        refused(await settling.get(PAYER, f"/v1/contracts/{contract_id}/position"), status, code)
        answer = await settling.post(PAYER, f"/v1/contracts/{contract_id}/settlements", SCHEDULED)
        refused(answer, status, code)


class TestLists:
    async def test_settlements_of_a_contract_page_by_page(self, settling: Settling) -> None:
        contract = await settling.contract(a_claim(1))
        for month in (2, 3, 4):
            await settling.settle(contract.contract_id, end=date(2026, month, 1))
        path, numbers, query = f"/v1/contracts/{contract.contract_id}/settlements", [], {"limit": "2"}
        while True:
            page = await settling.get(PAYER, path, **query)
            numbers.append([settlement["number"] for settlement in page.json()["items"]])
            if "nextCursor" not in page.json():
                break
            assert page.headers["link"].endswith('rel="next"')
            query["cursor"] = page.json()["nextCursor"]
        assert numbers == [[1, 2], [3]]
        assert (await settling.get(PAYER, path, state="cancelled")).json() == {"items": []}
        refused(await settling.get(PAYER, path, cursor="nonsense"), 422, "cursor-not-valid")

    async def test_settlements_of_all_contracts_of_a_party(self, settling: Settling) -> None:
        contract = await settling.contract(a_claim(1))
        shown = await settling.settle(contract.contract_id)
        for organisation in (PAYER, PROVIDER, INVESTOR):
            ids: list[str] = []
            query = {"limit": "100"}
            while True:
                page = (await settling.get(organisation, "/v1/settlements", **query)).json()
                ids += [settlement["id"] for settlement in page["items"]]
                if "nextCursor" not in page:
                    break
                query["cursor"] = page["nextCursor"]
            assert shown["id"] in ids


async def test_every_command_leaves_its_row_in_the_audit(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    shown = await settling.prepare(contract.contract_id)
    path = f"/v1/settlements/{shown['id']}"
    await settling.post(PAYER, f"{path}/approvals", {"contentSha256": "00" * 32}, shown["revision"], "bo")
    await settling.approve(shown)
    statement = "select subject, operation, outcome from audit where object like $1 order by id"
    rows = [tuple(row.values()) for row in await as_admin(settling.urls, statement, f"{path}%")]
    assert rows == [
        ("service:settlement-service", "freeze_settlement", "done"),
        ("bo", "approve_settlement", "content-differs"),
        ("bo", "approve_settlement", "done"),
    ]


async def test_the_end_of_a_cap_is_told_line_by_line(settling: Settling) -> None:
    contract = await settling.contract(
        a_claim(1), a_claim(2, "home"), rules=[a_rule("job"), a_rule("home")], caps=[a_cap("contract", 15_000)]
    )
    shown = await settling.prepare(contract.contract_id, end=YEAR.end)
    assert [(line["amount"], line["cut"]) for line in shown["lines"]] == [
        (kr("100.00"), []),
        (kr("50.00"), [{"cap": "contract", "amount": kr("50.00")}]),
    ]
