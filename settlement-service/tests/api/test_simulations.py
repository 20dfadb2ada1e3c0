"""Tests: what terms would pay, asked at the door: by whom, how, and what is refused."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.core.terms.payment import Payment
from services.kit.doors import shapes
from services.kit.process import clock
from services.kit.testing import a_caller, as_admin
from settlement_service.usecases import simulate_contract

from ..builders import (
    EVALUATOR,
    INVESTOR,
    PAYER,
    PROVIDER,
    STRANGER,
    a_cap,
    a_claim,
    a_rule,
    activated,
)
from ..conftest import Settling, refused

BODY: dict[str, Any] = {"scenarios": [{"name": "as planned", "outcomes": [{"metric": "job", "people": 12}]}]}


def kr(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "DKK"}


async def ask(settling: Settling, contract_id: UUID, body: Any = BODY, organisation: str = PAYER) -> httpx.Response:
    """Asks, with no key."""
    client = settling.doors.as_(a_caller(organisation))
    return await client.post(f"/v1/contracts/{contract_id}/simulations", json=body)


async def a_contract(settling: Settling, **terms: Any) -> UUID:
    return (await settling.contract(**terms)).contract_id


async def test_a_scenario_is_answered(settling: Settling) -> None:
    contract = await a_contract(settling, caps=[a_cap("contract", 100_000)])
    answer = await ask(settling, contract)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    result = answer.json()
    [scenario] = result.pop("scenarios")
    assert result == {"contractId": str(contract), "termsVersion": 1, "currency": "DKK", "end": "2030-01-01"}
    paid = {
        "total": kr("1000.00"),
        "byPayer": [{"payer": PAYER, "amount": kr("1000.00")}],
        "byPayee": [{"payee": PROVIDER, "nature": "service", "amount": kr("1000.00")}],
    }
    assert scenario.pop("years")[-1] == {"year": "2029", "paid": paid}
    assert scenario == {
        "name": "as planned",
        "paid": paid,
        "rules": [
            {
                "rule": "job",
                "people": 12,
                "units": 12,
                "gross": kr("1200.00"),
                "cut": [{"cap": "contract", "amount": kr("200.00")}],
                "amount": kr("1000.00"),
                "notPaid": [],
            }
        ],
        "caps": [
            {
                "cap": "contract",
                "limit": kr("1000.00"),
                "used": kr("1000.00"),
                "left": kr("0.00"),
                "cut": kr("200.00"),
            }
        ],
        "thresholds": [],
        "bands": [],
        "oneMore": [{"metric": "job", "amount": kr("0.00")}],
    }


async def test_what_is_verified_already_is_not_in_it(settling: Settling) -> None:
    contract = await settling.contract(*(a_claim(n) for n in range(5)))
    [scenario] = (await ask(settling, contract.contract_id)).json()["scenarios"]
    assert scenario["paid"]["total"] == kr("1200.00")


class TestWho:
    async def test_payer_investor_and_provider_are_told_the_same(self, settling: Settling) -> None:
        contract = await a_contract(settling)
        answers = {
            (await ask(settling, contract, organisation=organisation)).content
            for organisation in (PAYER, INVESTOR, PROVIDER)
        }
        assert len(answers) == 1

    async def test_an_evaluator_may_not(self, settling: Settling) -> None:
        refused(await ask(settling, await a_contract(settling), organisation=EVALUATOR), 403, "role-not-allowed")

    async def test_who_may_not_read_what_is_paid_may_not(self, settling: Settling) -> None:
        payment = Payment(rules=(a_rule(),), readable_by=("payer", "provider"))
        contract = await a_contract(settling, payment=payment)
        refused(await ask(settling, contract, organisation=INVESTOR), 403, "role-not-allowed")
        assert (await ask(settling, contract, organisation=PROVIDER)).status_code == 200

    async def test_for_others_it_is_as_if_there_were_nothing(self, settling: Settling) -> None:
        contract = await a_contract(settling)
        theirs = refused(await ask(settling, contract, organisation=STRANGER), 404, "not-found")
        unknown = refused(await ask(settling, clock.new_id(), organisation=STRANGER), 404, "not-found")
        names = theirs.keys() - {"instance", "correlationId"}
        assert {name: theirs[name] for name in names} == {name: unknown[name] for name in names}


async def test_it_leaves_nothing_behind(settling: Settling) -> None:
    contract = await a_contract(settling)
    before = await everything(settling)
    assert (await ask(settling, contract)).status_code == 200
    refused(await ask(settling, contract, organisation=EVALUATOR), 403, "role-not-allowed")
    assert await everything(settling) == before


async def everything(settling: Settling) -> dict[str, int]:
    """How many rows each table has."""
    named = "select tablename from pg_tables where schemaname = 'public' order by 1"
    tables = [row["tablename"] for row in await as_admin(settling.urls, named)]
    counts = [await as_admin(settling.urls, f'select count(*) as rows from "{table}"') for table in tables]
    return {table: rows[0]["rows"] for table, rows in zip(tables, counts, strict=True)}


class TestOtherTerms:
    @staticmethod
    def terms(price: int = 25_000) -> dict[str, Any]:
        """Terms as they could be drafted."""
        activation = activated([a_rule("job", price)])
        document: dict[str, Any] = shapes.document(activation)
        for name in ("contractId", "title", "version", "root"):
            del document[name]
        document["parties"] = [{key: party[key] for key in ("organisationId", "role")} for party in document["parties"]]
        return document

    async def test_other_terms_pay_otherwise(self, settling: Settling) -> None:
        contract = await a_contract(settling)
        result = (await ask(settling, contract, {**BODY, "terms": self.terms()}, INVESTOR)).json()
        assert result["scenarios"][0]["paid"]["total"] == kr("3000.00")
        assert "termsVersion" not in result

    async def test_terms_that_cannot_be_decided_are_refused_with_the_fields(self, settling: Settling) -> None:
        terms = self.terms()
        terms["payment"]["rules"][0]["metric"] = "house"
        contract = await a_contract(settling)
        answer = await ask(settling, contract, {**BODY, "terms": terms})
        refused(answer, 422, "terms-not-valid", "/terms/payment/rules/0/metric")


class TestChance:
    BODY = {
        **BODY,
        "monteCarlo": {
            "seed": 20_260_101,
            "runs": 1_000,
            "distributions": [
                {"scenario": "as planned", "outcome": 0, "distribution": {"kind": "binomial", "n": 40, "p": "0.3"}}
            ],
        },
    }

    async def test_the_same_seed_is_answered_byte_for_byte(self, settling: Settling) -> None:
        contract = await a_contract(settling)
        first, second = await ask(settling, contract, self.BODY), await ask(settling, contract, self.BODY, INVESTOR)
        assert first.content == second.content
        spread = first.json()["scenarios"][0]["monteCarlo"]
        assert (spread["runs"], spread["seed"]) == (1_000, 20_260_101)
        assert spread["total"] == {
            "mean": kr("1207.40"),
            "p05": kr("700.00"),
            "p25": kr("1000.00"),
            "p50": kr("1200.00"),
            "p75": kr("1400.00"),
            "p95": kr("1700.00"),
        }
        assert spread["byPayer"] == [{"payer": PAYER, "paid": spread["total"]}]


class TestFromNow:
    BODY = {**BODY, "from": "now"}

    async def test_a_scenario_comes_on_top_of_what_is_known(self, settling: Settling) -> None:
        claims = [a_claim(n) for n in range(5)]
        contract = await settling.contract(*claims, caps=[a_cap("contract", 150_000)])
        [scenario] = (await ask(settling, contract.contract_id, self.BODY)).json()["scenarios"]
        assert scenario["paid"]["total"] == kr("1500.00")
        assert scenario["rules"][0]["people"] == 17

    async def test_what_is_posted_is_not_paid_again(self, settling: Settling) -> None:
        contract = await settling.contract(*(a_claim(n) for n in range(5)), caps=[a_cap("contract", 150_000)])
        await settling.settle(contract.contract_id)
        [scenario] = (await ask(settling, contract.contract_id, self.BODY)).json()["scenarios"]
        assert scenario["paid"]["total"] == kr("1000.00")
        assert scenario["caps"][0]["used"] == kr("1500.00")

    @pytest.mark.parametrize("organisation", [INVESTOR, PROVIDER])
    async def test_it_is_for_who_sees_all_that_is_known(self, settling: Settling, organisation: str) -> None:
        contract = await a_contract(settling)
        refused(await ask(settling, contract, self.BODY, organisation), 403, "role-not-allowed")

    async def test_it_goes_with_the_terms_in_force(self, settling: Settling) -> None:
        body = {**self.BODY, "terms": TestOtherTerms.terms()}
        refused(await ask(settling, await a_contract(settling), body), 422, "scenario-not-valid", "/from")


async def test_more_than_are_computed_at_once_wait(settling: Settling) -> None:
    contract = await a_contract(settling)
    answers = await asyncio.gather(*(ask(settling, contract) for _ in range(simulate_contract.MOST_AT_ONCE + 3)))
    busy = [answer for answer in answers if answer.status_code != 200]
    for answer in busy:
        refused(answer, 503, "simulations-busy")
        assert answer.headers["retry-after"] == "5"
    assert len(answers) - len(busy) >= simulate_contract.MOST_AT_ONCE
    assert (await ask(settling, contract)).status_code == 200
