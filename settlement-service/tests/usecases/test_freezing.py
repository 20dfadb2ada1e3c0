"""Tests: a settlement is frozen when everything its owners have said is here, and says what it waits for."""

import asyncio
import json
from datetime import date
from typing import Any

import pytest

from services.events.contracts import ContractResumed, ContractSuspended, ContractTerminated
from services.events.outcomes import SERVICE as OUTCOMES
from services.kit.testing import as_admin
from settlement_service.usecases.freeze_settlement import SOURCES

from ..builders import INVESTOR, PAYER, PROVIDER, a_claim, claimed, verified
from ..conftest import Settling, a_record, refused

SCHEDULED = {"kind": "scheduled", "period": {"start": "2026-01-01", "end": "2027-01-01"}}
CONTRACTS_SOURCE, OUTCOMES_SOURCE = SOURCES


async def opened(settling: Settling, contract_id: Any) -> str:
    answer = await settling.post(PAYER, f"/v1/contracts/{contract_id}/settlements", SCHEDULED)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


async def shown(settling: Settling, path: str, organisation: str = PAYER) -> dict[str, Any]:
    settlement: dict[str, Any] = (await settling.get(organisation, path)).json()
    return settlement


async def test_it_waits_for_what_was_said_and_has_not_arrived(settling: Settling) -> None:
    contract = await settling.contract()
    claim = a_claim(1)
    on_their_way = [settling.envelope(fact(contract.contract_id, claim)) for fact in (claimed, verified)]
    path = await opened(settling, contract.contract_id)
    await settling.freeze()
    told = await shown(settling, path)
    assert (told["state"], told["waitingFor"]) == (
        "open",
        [{"source": f"urn:enzym:{OUTCOMES}", "reason": "facts-not-applied", "head": 2, "applied": 0}],
    )
    for organisation in (INVESTOR, PROVIDER):
        assert "waitingFor" not in await shown(settling, path, organisation)
    await settling.take(on_their_way[:1])
    await settling.freeze()
    assert (await shown(settling, path))["waitingFor"][0]["applied"] == 1
    await settling.take(on_their_way[1:])
    await settling.freeze()
    told = await shown(settling, path)
    assert (told["state"], told["total"]["amount"]) == ("calculated", "100.00")
    assert "waitingFor" not in told


async def test_what_is_said_after_the_owners_were_asked_is_not_waited_for(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    missing = settling.envelope(claimed(contract.contract_id, a_claim(2)))
    path = await opened(settling, contract.contract_id)
    await settling.freeze()
    for _ in range(5):
        settling.envelope(claimed(contract.contract_id, a_claim(3)))
    await settling.take([missing])
    await settling.freeze()
    assert (await shown(settling, path))["state"] == "calculated"


@pytest.mark.parametrize("source", SOURCES)
async def test_it_waits_for_an_owner_that_does_not_answer(settling: Settling, source: str) -> None:
    contract = await settling.contract(a_claim(1))
    settling.silent.add(source)
    path = await opened(settling, contract.contract_id)
    await settling.freeze()
    told = await shown(settling, path)
    assert (told["state"], told["waitingFor"]) == ("open", [{"source": source, "reason": "owner-not-reachable"}])
    settling.silent.clear()
    await settling.freeze()
    assert (await shown(settling, path))["state"] == "calculated"


async def test_it_does_not_freeze_over_a_fact_that_is_parked(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    path = await opened(settling, contract.contract_id)
    broken = settling.envelope(verified(contract.contract_id, a_claim(9)))
    await settling.inbox.set_aside(a_record(broken), "nobody knows this claim")
    for _ in range(2):
        await settling.freeze()
        told = await shown(settling, path)
        assert told["state"] == "open"
        assert told["waitingFor"] == [{"source": OUTCOMES_SOURCE, "reason": "fact-parked", "applied": 2}]


async def test_waiting_is_another_version_only_when_it_is_something_else(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    settling.silent.add(CONTRACTS_SOURCE)
    path = await opened(settling, contract.contract_id)
    tags = []
    for _ in range(3):
        await settling.freeze()
        tags.append((await settling.get(PAYER, path)).headers["etag"])
    assert tags == ['"2"', '"2"', '"2"']


async def test_an_open_one_can_be_given_up_and_is_left_alone_then(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    settling.silent.update(SOURCES)
    path = await opened(settling, contract.contract_id)
    cancelled = await settling.post(PAYER, f"{path}/cancellation", {}, 1)
    assert cancelled.json()["state"] == "cancelled"
    settling.silent.clear()
    await settling.freeze()
    assert (await shown(settling, path))["state"] == "cancelled"


async def test_who_read_an_open_one_gives_it_up_however_far_the_facts_have_come_since(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1))
    on_their_way = [settling.envelope(claimed(contract.contract_id, a_claim(number))) for number in (2, 3, 4)]
    path = await opened(settling, contract.contract_id)
    await settling.freeze()
    read = (await settling.get(PAYER, path)).headers["etag"]
    for envelope in on_their_way[:2]:
        await settling.take([envelope])
        await settling.freeze()
    assert (await settling.get(PAYER, path)).headers["etag"] != read
    refused(await settling.post(PAYER, f"{path}/cancellation", {}, 9), 412, "version-stale")
    cancelled = await settling.post(PAYER, f"{path}/cancellation", {}, read)
    assert cancelled.json()["state"] == "cancelled"
    refused(await settling.post(PAYER, f"{path}/cancellation", {}, read), 412, "version-stale")


async def test_what_is_frozen_is_told_with_how_far_each_source_was_known(settling: Settling) -> None:
    contract = await settling.contract(a_claim(1), a_claim(2))
    await settling.settle(contract.contract_id)
    await settling.prepare(contract.contract_id, "correction")
    rows = await as_admin(
        settling.urls,
        "select known, inputs from settlement where contract_id = $1 order by number",
        contract.contract_id,
    )
    known = [{head["source"]: head["sequence"] for head in json.loads(row["known"])} for row in rows]
    assert known == [
        {CONTRACTS_SOURCE: 1, OUTCOMES_SOURCE: 4},
        {CONTRACTS_SOURCE: 1, OUTCOMES_SOURCE: 4, "urn:enzym:settlement-service": 4},
    ]
    assert [row["inputs"] for row in rows] == [5, 6]


async def test_two_jobs_at_once_freeze_it_once(settling: Settling) -> None:
    contract = await settling.contract(*(a_claim(n) for n in range(20)))
    path = await opened(settling, contract.contract_id)
    await asyncio.gather(*(settling.freeze() for _ in range(4)))
    assert (await shown(settling, path))["revision"] == 2
    rows = await as_admin(settling.urls, "select 1 from statement where contract_id = $1", contract.contract_id)
    assert len(rows) == 4, "one a party"


async def test_facts_and_freezing_at_once_give_a_prefix_of_the_log(settling: Settling) -> None:
    contract = await settling.contract(a_claim(0))
    path = await opened(settling, contract.contract_id)
    envelopes = [
        settling.envelope(fact(contract.contract_id, claim))
        for claim in [a_claim(n) for n in range(1, 10)]
        for fact in (claimed, verified)
    ]

    async def arrive() -> None:
        for envelope in envelopes:
            await settling.take([envelope])

    async def freeze() -> None:
        while (await shown(settling, path))["state"] == "open":
            await settling.freeze()

    await asyncio.gather(arrive(), freeze())
    told = await shown(settling, path)
    content = (await settling.get(PAYER, f"{path}/inputs")).json()
    verified_in_it = sum(row["input"]["type"].endswith("outcome.verified.v1") for row in content["inputs"])
    assert content["inputCount"] == len(content["inputs"])
    assert told["lines"][0]["units"] == verified_in_it


@pytest.mark.parametrize("resumed", [True, False])
async def test_while_a_contract_is_suspended_it_waits_and_goes_on_once_that_is_over(
    settling: Settling, resumed: bool
) -> None:
    contract = await settling.contract(a_claim(1))
    this = {"contract_id": contract.contract_id}
    await settling.tell(ContractSuspended(**this))
    path = await opened(settling, contract.contract_id)
    await settling.freeze()
    told = await shown(settling, path)
    assert (told["state"], [row["reason"] for row in told["waitingFor"]]) == ("open", ["contract-suspended"])
    await settling.tell(
        ContractResumed(**this) if resumed else ContractTerminated(**this, terminated_on=date(2026, 12, 1))
    )
    await settling.freeze()
    assert (await shown(settling, path))["state"] == "calculated"
