"""Tests: an amendment makes a rule pay another investor: each is told of what is or was due to itself."""

import json
from dataclasses import replace
from datetime import date

import pytest

from services.events.contracts import ContractActivated, NamedParty
from services.events.outcomes import OutcomeWithdrawn

from ..builders import INVESTOR, NOON, a_cap, a_claim, a_metric, a_rule, activated, an_amendment
from ..conftest import Settling

JULY = date(2026, 7, 1)
NEXT = "0088:9521000000087"
"""The investor that is repaid from July on."""


def repaid_to(payee: str) -> ContractActivated:
    terms = activated([a_rule("job", payee=payee)], [a_cap("contract", 900_000)], [a_metric()])
    return replace(terms, parties=(*terms.parties, NamedParty(organisation_id=NEXT, name="Next", role="investor")))


@pytest.mark.parametrize(
    ("organisation", "other", "lines", "previously", "totals"),
    [
        pytest.param(
            *(INVESTOR, NEXT, [1, 0, 0], ["0.00", "600.00", "600.00"], ["600.00", "0.00", "-100.00"]),
            id="who was repaid",
        ),
        pytest.param(*(NEXT, INVESTOR, [0, 1, 0], ["0.00", "0.00", "700.00"], ["0.00", "700.00", "0.00"]), id="who is"),
    ],
)
async def test_each_investor_is_told_its_own(
    settling: Settling, organisation: str, other: str, lines: list[int], previously: list[str], totals: list[str]
) -> None:
    terms, wrong = repaid_to(INVESTOR), a_claim(1)
    contract_id = terms.contract_id
    await settling.tell(terms)
    await settling.verify(contract_id, wrong, *(a_claim(n) for n in range(2, 7)))
    settled = [await settling.settle(contract_id, end=JULY)]
    await settling.tell(an_amendment(repaid_to(NEXT), contract_id, JULY))
    await settling.verify(contract_id, *(a_claim(n, day="2026-08-01") for n in range(11, 18)))
    settled.append(await settling.settle(contract_id))
    await settling.tell(OutcomeWithdrawn(contract_id=contract_id, claim_id=wrong.id, withdrawn_at=NOON))
    settled.append(await settling.settle(contract_id, "correction"))
    shown = [(await settling.get(organisation, f"/v1/settlements/{settlement['id']}")).json() for settlement in settled]
    assert [len(settlement["lines"]) for settlement in shown] == lines
    assert [settlement["previouslySettled"]["amount"] for settlement in shown] == previously
    assert [settlement["total"]["amount"] for settlement in shown] == totals
    position = (await settling.get(organisation, f"/v1/contracts/{contract_id}/position")).json()
    assert position["settled"]["amount"] == shown[-1]["settledToDate"]["amount"]
    assert position["headroom"] == [], "what is left under the cap would tell of the other"
    assert other not in json.dumps([shown, position])
