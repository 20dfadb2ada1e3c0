"""Tests: who reads which claims, page by page; and a contract that is not here yet."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.clients.registry import Registry
from services.kit.process import clock
from services.kit.testing import Doors, as_admin

from ..builders import (
    EVALUATOR,
    INVESTOR,
    PAYER,
    PROVIDER,
    STRANGER,
    a_claim,
    activated,
    an_enrolment,
    lines,
)
from ..conftest import Ingestion, refused


async def with_claims(ingestion: Ingestion) -> str:
    """Three claims of the provider that the evaluator decides on, and one of the payer that it does not."""
    contract = await ingestion.contract(people=4)
    rows = [a_claim(1), a_claim(2), a_claim(3, metric="trained", occurrence="1")]
    await ingestion.upload(PROVIDER, f"{contract}/claims", rows)
    await ingestion.upload(PROVIDER, f"{contract}/claims", [a_claim(4, metric="agreed")])
    return contract


async def ids(ingestion: Ingestion, organisation: str, contract: str, **query: Any) -> list[str]:
    items = (await ingestion.get(organisation, f"{contract}/claims", **query)).json()["items"]
    return [item["externalId"] for item in items]


async def test_each_reads_the_claims_on_its_metrics(ingestion: Ingestion) -> None:
    contract = await with_claims(ingestion)
    everything = ["claim-1", "claim-2", "claim-3", "claim-4"]
    assert await ids(ingestion, PAYER, contract) == everything
    assert await ids(ingestion, PROVIDER, contract) == everything
    assert await ids(ingestion, EVALUATOR, contract) == everything[:3]


@pytest.mark.parametrize(
    ("organisation", "status", "code"), [(INVESTOR, 403, "role-not-allowed"), (STRANGER, 404, "not-found")]
)
async def test_others_read_none(ingestion: Ingestion, organisation: str, status: int, code: str) -> None:
    contract = await with_claims(ingestion)
    refused(await ingestion.get(organisation, f"{contract}/claims"), status, code)


async def test_claims_are_listed_by_state_and_metric_page_by_page(ingestion: Ingestion) -> None:
    contract = await with_claims(ingestion)
    assert await ids(ingestion, PAYER, contract, metric="trained") == ["claim-3"]
    assert await ids(ingestion, PAYER, contract, state="verified") == []
    assert await ids(ingestion, PAYER, contract, state="submitted", metric="employed") == ["claim-1", "claim-2"]
    refused(await ingestion.get(PAYER, f"{contract}/claims", state="lost"), 422, "shape-not-allowed", "?state")
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "state": "submitted"}
    while True:
        page = await ingestion.get(PAYER, f"{contract}/claims", **query)
        seen += [item["externalId"] for item in page.json()["items"]]
        if "nextCursor" not in page.json():
            break
        query["cursor"] = page.json()["nextCursor"]
        assert page.headers["link"].endswith('; rel="next"')
    assert seen == ["claim-1", "claim-2", "claim-3", "claim-4"]
    refused(await ingestion.get(PAYER, f"{contract}/claims", cursor="bm90LWEtdXVpZA"), 422, "cursor-not-valid")


Answer = Callable[[httpx.Request], httpx.Response]


def ask(doors: Doors, answer: Answer) -> list[str]:
    """Puts a registry in place that answers so; what it is asked."""
    asked: list[str] = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answer(request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answered), base_url="http://registry.invalid")
    doors.app.state.registry = Registry(http, "claims are taken from then on")
    return asked


def contract_answer(contract_id: str, state: str, *parties: str) -> Answer:
    body = {"contractId": contract_id, "parties": list(parties), "state": state}
    return lambda _: httpx.Response(200, json=body)


async def everything(ingestion: Ingestion, contract: str, by: str = PROVIDER) -> list[httpx.Response]:
    """The answers to each thing that can be asked of a contract."""
    gone = {key: value for key, value in an_enrolment(leftOn="2025-01-01").items() if key != "enrolledOn"}
    return [
        await ingestion.get(by, f"{contract}/claims"),
        await ingestion.get(by, f"{contract}/cohorts"),
        await ingestion.get(by, f"{contract}/participants"),
        await ingestion.post(by, f"{contract}/claims", a_claim()),
        await ingestion.post(by, f"{contract}/participants", an_enrolment()),
        await ingestion.post(by, f"{contract}/participants/departures", gone),
        await ingestion.send(by, f"{contract}/claims", lines([a_claim()])),
        await ingestion.send(by, f"{contract}/participants", lines([an_enrolment()])),
        await ingestion.send(by, f"{contract}/participants/departures", lines([])),
        await ingestion.send(by, f"{contract}/verifications", lines([])),
    ]


@pytest.mark.parametrize("state", ["active", "suspended", "terminated", "completed"])
async def test_a_contract_on_its_way_is_not_refused_for_good(ingestion: Ingestion, state: str) -> None:
    fact = activated()
    contract = f"/v1/contracts/{fact.contract_id}"
    asked = ask(ingestion.doors, contract_answer(str(fact.contract_id), state, PAYER, PROVIDER))
    for answer in await everything(ingestion, contract):
        refused(answer, 503, "contract-not-yet-known")
        assert answer.headers["retry-after"] == "1"
    assert set(asked) == {f"/internal/contracts/{fact.contract_id}"}
    await ingestion.take(fact)
    asked.clear()
    assert (await ingestion.post(PROVIDER, f"{contract}/participants", an_enrolment())).status_code == 201
    assert asked == []


@pytest.mark.parametrize("state", ["draft", "proposed", "signed"])
async def test_a_contract_that_is_not_in_force_is_said_to_be_so(ingestion: Ingestion, state: str) -> None:
    contract_id = str(clock.new_id())
    ask(ingestion.doors, contract_answer(contract_id, state, PROVIDER))
    for answer in await everything(ingestion, f"/v1/contracts/{contract_id}"):
        refused(answer, 409, "contract-not-active")


async def test_a_contract_of_others_and_one_that_nobody_knows_are_not_found(ingestion: Ingestion) -> None:
    contract_id = str(clock.new_id())
    for answer in (contract_answer(contract_id, "active", PAYER), lambda _: httpx.Response(404)):
        ask(ingestion.doors, answer)
        for refusal in await everything(ingestion, f"/v1/contracts/{contract_id}"):
            refused(refusal, 404, "not-found")


def _cut(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there", request=request)


@pytest.mark.parametrize(
    "answer", [_cut, lambda _: httpx.Response(500), lambda _: httpx.Response(200, json={"contractId": "x"})]
)
async def test_without_an_answer_of_the_registry_nothing_definite_is_said(ingestion: Ingestion, answer: Answer) -> None:
    ask(ingestion.doors, answer)
    for refusal in await everything(ingestion, f"/v1/contracts/{clock.new_id()}"):
        refused(refusal, 503, "registry-unavailable")


async def test_what_others_own_is_told_to_services_and_to_nobody_else(ingestion: Ingestion) -> None:
    contract = await with_claims(ingestion)
    query = {"aggregate": contract[-36:]}
    services = ingestion.doors.as_service("settlement-service")
    assert (await services.get("/internal/heads", params=query)).json()["sequence"] == 8
    facts = (await services.get("/internal/facts", params=query)).json()["items"]
    kept = await as_admin(
        ingestion.urls, "select body::text as body from fact where aggregate = $1 order by sequence", contract[-36:]
    )
    assert [fact["body"] for fact in facts] == [row["body"] for row in kept]
    for path in ("/internal/heads", "/internal/facts"):
        assert (await ingestion.get(PAYER, path, **query)).status_code == 403
    assert (await services.get(f"{contract}/claims")).status_code == 403
