"""Tests: what the last payer approved is posted by the background process, each settlement whole or not at all."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.core.errors import Unavailable
from services.events.contracts import ContractResumed, ContractSuspended, ContractTerminated
from services.kit.database.transaction import Transaction
from services.kit.process import clock
from services.kit.process.caller import service_caller
from services.kit.testing import a_caller, as_admin, new_key
from settlement_service.usecases.post_settlement import post_settlement
from settlement_service.worker import post_approved

from ..builders import INVESTOR, PAYER, PROVIDER, a_claim, activated, an_amendment
from ..conftest import Settling, refused

SERVICE = service_caller("settlement-service")
LEFT_BY_POSTING = ("entry", "posting", "posted_item", "posted_total")


async def approved(settling: Settling, **terms: Any) -> dict[str, Any]:
    """A settlement of 100.00 that everybody has approved."""
    contract = await settling.contract(a_claim(1), **terms)
    shown = await settling.approve(await settling.prepare(contract.contract_id))
    assert shown["state"] == "approved"
    return shown


async def now(settling: Settling, shown: dict[str, Any], organisation: str = PAYER) -> dict[str, Any]:
    settlement: dict[str, Any] = (await settling.get(organisation, f"/v1/settlements/{shown['id']}")).json()
    return settlement


async def kept(settling: Settling, shown: dict[str, Any]) -> dict[str, int]:
    """How many rows of the contract posting has left, by table."""
    counts = {}
    for table in LEFT_BY_POSTING:
        query = f"select count(*) from {table} where contract_id = $1"
        counts[table] = (await as_admin(settling.urls, query, UUID(shown["contractId"])))[0]["count"]
    return counts


async def told(settling: Settling, shown: dict[str, Any]) -> list[str]:
    query = "select type from fact where aggregate = $1 order by sequence"
    return [row["type"].split(".")[3] for row in await as_admin(settling.urls, query, shown["contractId"])]


async def test_the_last_approval_answers_approved_and_posts_nothing_itself(settling: Settling) -> None:
    shown = await approved(settling)
    assert not {"postedAt", "documentOn", "valueOn", "outstanding"} & set(shown)
    assert shown["waitingFor"] == []
    assert await told(settling, shown) == ["frozen", "calculated", "approved"]
    assert not any((await kept(settling, shown)).values())


async def test_the_turn_of_the_worker_posts_it(settling: Settling) -> None:
    shown = await approved(settling)
    await settling.post_approved()
    posted = await now(settling, shown)
    assert (posted["state"], posted["revision"]) == ("posted", shown["revision"] + 1)
    assert posted["outstanding"] == [{"payee": PROVIDER, "amount": {"amount": "100.00", "currency": "DKK"}}]
    assert posted["postedAt"] > posted["approvals"][0]["approvedAt"]
    assert "waitingFor" not in posted
    assert await told(settling, shown) == ["frozen", "calculated", "approved", "posted"]
    query = "select subject, actor from audit where object = $1 and operation = 'post_settlement' and outcome = 'done'"
    rows = await as_admin(settling.urls, query, f"/v1/settlements/{shown['id']}")
    assert [tuple(row.values()) for row in rows] == [(SERVICE.subject, "system")]


async def test_what_all_have_approved_is_neither_given_up_nor_approved_again(settling: Settling) -> None:
    shown = await approved(settling)
    path, content = f"/v1/settlements/{shown['id']}", {"contentSha256": shown["contentSha256"]}
    refused(
        await settling.post(PAYER, f"{path}/cancellation", {}, shown["revision"]), 409, "settlement-state-not-right"
    )
    again = await settling.post(PAYER, f"{path}/approvals", content, shown["revision"], "carl")
    refused(again, 409, "settlement-state-not-right")
    stale = await settling.post(PAYER, f"{path}/approvals", content, shown["revision"] - 1, "carl")
    refused(stale, 412, "version-stale")


async def test_the_same_approval_sent_again_is_answered_again_also_once_it_is_posted(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    shown = await settling.prepare(contract.contract_id)
    client = settling.doors.as_(a_caller(PAYER, subject="bo"))
    path, content = f"/v1/settlements/{shown['id']}/approvals", {"contentSha256": shown["contentSha256"]}
    headers = {**new_key(), "If-Match": f'"{shown["revision"]}"'}
    first = await client.post(path, json=content, headers=headers)
    assert (first.status_code, first.json()["state"]) == (200, "approved")
    await settling.post_approved()
    again = await client.post(path, json=content, headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert (await kept(settling, shown))["entry"] == 1


async def test_the_next_one_begins_when_this_one_is_posted(settling: Settling) -> None:
    shown = await approved(settling)
    body = {"kind": "correction", "period": {"start": "2026-01-01", "end": "2027-01-01"}}
    path = f"/v1/contracts/{shown['contractId']}/settlements"
    refused(await settling.post(PAYER, path, body), 409, "settlement-under-way")
    await settling.post_approved()
    assert (await settling.post(PAYER, path, body)).status_code == 202


async def test_facts_that_come_before_it_is_posted_wait_for_the_next(settling: Settling) -> None:
    shown = await approved(settling)
    await settling.verify(UUID(shown["contractId"]), a_claim(2))
    await settling.post_approved()
    assert (await now(settling, shown))["total"]["amount"] == "100.00"
    again = await settling.settle(UUID(shown["contractId"]), "correction")
    assert (again["previouslySettled"]["amount"], again["total"]["amount"]) == ("100.00", "100.00")


@pytest.mark.parametrize("resumed", [True, False])
async def test_while_the_contract_is_suspended_it_waits_and_says_so(settling: Settling, resumed: bool) -> None:
    shown = await approved(settling)
    this = {"contract_id": UUID(shown["contractId"])}
    await settling.tell(ContractSuspended(**this))
    for _ in range(2):
        await settling.post_approved()
        waiting = await now(settling, shown)
        assert (waiting["state"], waiting["revision"]) == ("approved", shown["revision"] + 1)
        assert [row["reason"] for row in waiting["waitingFor"]] == ["contract-suspended"]
    assert "waitingFor" not in await now(settling, shown, INVESTOR)
    assert not any((await kept(settling, shown)).values())
    await settling.tell(
        ContractResumed(**this) if resumed else ContractTerminated(**this, terminated_on=date(2026, 12, 1))
    )
    await settling.post_approved()
    posted = await now(settling, shown)
    assert posted["state"] == "posted"
    assert "waitingFor" not in posted


async def test_its_document_is_of_the_day_of_the_last_approval_also_when_it_is_posted_later(settling: Settling) -> None:
    settling.clock.ahead = -timedelta(days=3)
    shown = await approved(settling)
    await settling.post_approved()
    posted = await now(settling, shown)
    days = [datetime.fromisoformat(at) for at in (posted["approvals"][0]["approvedAt"], posted["postedAt"])]
    assert days[1] - days[0] > timedelta(days=2)
    assert date.fromisoformat(posted["documentOn"]) == days[0].astimezone(ZoneInfo("Europe/Copenhagen")).date()


async def test_it_falls_due_by_the_terms_that_were_approved(settling: Settling) -> None:
    shown = await approved(settling)
    after = activated(contract_id=UUID(shown["contractId"]))
    after = replace(after, payment=replace(after.payment, due_days=90))
    await settling.tell(an_amendment(after, after.contract_id, date(2026, 7, 1)))
    await settling.post_approved()
    posted = await now(settling, shown)
    assert date.fromisoformat(posted["valueOn"]) - date.fromisoformat(posted["documentOn"]) == timedelta(days=30)


async def test_two_workers_at_once_post_it_once(settling: Settling) -> None:
    shown = await approved(settling)
    await asyncio.gather(*(settling.post_approved() for _ in range(4)))
    assert (await now(settling, shown))["revision"] == shown["revision"] + 1
    assert await kept(settling, shown) == {"entry": 1, "posting": 2, "posted_item": 1, "posted_total": 2}
    assert await told(settling, shown) == ["frozen", "calculated", "approved", "posted"]


async def test_a_worker_that_dies_in_the_middle_leaves_nothing_and_the_next_turn_posts_it(settling: Settling) -> None:
    shown = await approved(settling)

    async def post_and_die(connection: AsyncConnection) -> None:
        tx = Transaction(connection, SERVICE, clock.now(), clock.random_id())
        assert await post_settlement(tx, UUID(shown["id"]))
        pid = (await connection.exec_driver_sql("select pg_backend_pid()")).scalar_one()
        await as_admin(settling.urls, "select pg_terminate_backend($1, 5000)", pid)

    with pytest.raises(Unavailable):
        await settling.worker.run(post_and_die, SERVICE.organisation)
    assert (await now(settling, shown))["state"] == "approved"
    assert not any((await kept(settling, shown)).values())
    await settling.post_approved()
    assert (await now(settling, shown))["state"] == "posted"


async def test_what_goes_wrong_with_one_does_not_stop_the_others(settling: Settling) -> None:
    broken, sound = await approved(settling), await approved(settling)
    count = "update fact_head set sequence = sequence + $2 where aggregate = $1"
    await as_admin(settling.urls, count, broken["contractId"], -1)
    assert await post_approved(settling.worker) == 1, "its next fact has a number that is taken"
    assert [(await now(settling, settlement))["state"] for settlement in (broken, sound)] == ["approved", "posted"]
    assert not any((await kept(settling, broken)).values())
    await as_admin(settling.urls, count, broken["contractId"], 1)
    await settling.post_approved()
    assert (await now(settling, broken))["state"] == "posted"
