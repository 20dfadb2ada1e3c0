"""Tests: statement by statement, an investor that is paid by a count is told no small count and no small growth."""

from datetime import date
from typing import Any

import pytest

from ..builders import INVESTOR, PAYER, a_claim, a_metric, a_rule
from ..conftest import Settling
from ..mechanisms import a_measure, rate, some_bands

BY_COUNT = some_bands(a_measure("job", "count"), "marginal", rate("0", None, 10_000), payee=INVESTOR)
HOME = a_rule("home", 5_000, payee=INVESTOR)


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        pytest.param((3, 0, 9), ["bands+home", "bands+home", "bands home"], id="few, none, many more"),
        pytest.param((7, 2, 5), ["bands home", "bands+home", "bands home"], id="many, few more, many more"),
    ],
)
async def test_what_an_investor_is_told_of_each_statement(
    settling: Settling, counted: tuple[int, ...], told: list[str]
) -> None:
    metrics = [a_metric("job"), a_metric("home")]
    contract = await settling.contract(rules=[BY_COUNT, HOME], metrics=metrics)
    shown, people = [], 0
    for turn, more in enumerate(counted):
        homes = [a_claim(100 * (turn + 1) + n, "home") for n in range(20)]
        await settling.verify(contract.contract_id, *(a_claim(people + n) for n in range(more)), *homes)
        people += more
        settled = await settling.settle(contract.contract_id, end=date(2027, 1, 1 + turn))
        path = f"/v1/settlements/{settled['id']}"
        shown.append(_told((await settling.get(INVESTOR, path)).json()))
        (line, *_) = (await settling.get(PAYER, path)).json()["lines"]
        assert (line["rule"], line["amount"]["amount"]) == ("bands", f"{more * 100}.00"), "payers are told all"
    assert shown == told


def _told(statement: dict[str, Any]) -> str:
    return " ".join(line.get("rule") or "+".join(line["rules"]) for line in statement["lines"])
