"""Tests: parties pull what a settlement rests on, and compute it again in a shell."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.events.outcomes import OutcomeSuperseded, OutcomeWithdrawn
from settlement_service.commands.recompute import _cli

from ..builders import EVALUATOR, NOON, OTHER, PAYER, PROVIDER, a_cap, a_claim, a_metric, a_rule, claimed, verified
from ..conftest import Settling
from ..mechanisms import a_limit

JSON, NDJSON = "application/json", "application/x-ndjson"


async def settlements(settling: Settling) -> list[str]:
    """Three posted settlements of two providers who share caps; in the last a claim is taken back."""
    withdrawn = a_claim(1, day="2026-01-05")
    contract = await settling.contract(
        withdrawn,
        *(a_claim(n % 4, ("job", "home")[n % 2], str(n), f"2026-0{n}-01") for n in range(1, 9)),
        rules=[a_rule("job", 10_000), a_rule("home", 7_000, payee=OTHER)],
        metrics=[a_metric("job"), a_metric("home", reported_by=OTHER)],
        caps=[a_cap("person", 18_000), a_cap("contract", 45_000)],
        parties=(PAYER, PROVIDER, OTHER, EVALUATOR),
    )
    first = await settling.settle(contract.contract_id, end=NOON.date())
    second = await settling.settle(contract.contract_id)
    await settling.tell(OutcomeWithdrawn(contract_id=contract.contract_id, claim_id=withdrawn.id, withdrawn_at=NOON))
    third = await settling.settle(contract.contract_id, "correction")
    return [f"/v1/settlements/{settlement['id']}/inputs" for settlement in (first, second, third)]


def recomputed(file: Path, raw: bytes, *options: str) -> tuple[int, str]:
    """Exit status and output of `enzym-recompute`."""
    file.write_bytes(raw)
    result = CliRunner().invoke(_cli, [str(file), *options])
    return result.exit_code, result.output


@pytest.mark.parametrize("organisation", [PAYER, PROVIDER, OTHER])
@pytest.mark.parametrize("accept", [JSON, NDJSON])
async def test_everybody_who_sees_items_computes_the_same(
    settling: Settling, tmp_path: Path, organisation: str, accept: str
) -> None:
    for path in await settlements(settling):
        answer = await settling.get(organisation, path, accept)
        assert (answer.status_code, answer.headers["content-type"]) == (200, accept)
        assert int(answer.headers["content-length"]) == len(answer.content)
        status, output = recomputed(tmp_path / "inputs", answer.content)
        assert (status, "OK: everything came out as said." in output) == (0, True), output


@pytest.mark.parametrize("organisation", [PAYER, PROVIDER, OTHER])
async def test_what_waits_for_another_period_has_no_place_under_the_cap_on_the_contract_for_everybody(
    settling: Settling, tmp_path: Path, organisation: str
) -> None:
    claims = a_claim(1, "job", day="2026-01-01"), a_claim(2, "home", day="2026-01-02"), a_claim(3, "job")
    contract = await settling.contract(
        *claims,
        rules=[a_rule("job", 10_000), a_rule("home", 100, payee=OTHER)],
        metrics=[a_metric("job"), a_metric("home", reported_by=OTHER)],
        caps=[a_limit("period", 6_000, every="quarter", period_basis="settled"), a_cap("contract", 10_000)],
        parties=(PAYER, PROVIDER, OTHER, EVALUATOR),
    )
    for end in (date(2026, 4, 1), date(2026, 4, 1), date(2026, 7, 1)):
        shown = await settling.settle(contract.contract_id, "correction", end)
        raw = (await settling.get(organisation, f"/v1/settlements/{shown['id']}/inputs")).content
        status, output = recomputed(tmp_path / "inputs.json", raw)
        assert status == 0, output


@pytest.mark.parametrize("organisation", [PAYER, PROVIDER, OTHER])
async def test_a_day_that_was_corrected_is_among_the_inputs_for_everybody(
    settling: Settling, tmp_path: Path, organisation: str
) -> None:
    first, moved = a_claim(1, day="2026-01-10"), a_claim(1, day="2026-03-20")
    contract = await settling.contract(
        first,
        a_claim(2, "home", day="2026-01-02"),
        rules=[a_rule("job", 10_000), a_rule("home", 7_000, payee=OTHER)],
        metrics=[a_metric("job"), a_metric("home", reported_by=OTHER)],
        caps=[a_limit("period", 12_000, every="month", period_basis="achieved")],
        parties=(PAYER, PROVIDER, OTHER, EVALUATOR),
    )
    await settling.settle(contract.contract_id)
    superseded = OutcomeSuperseded(contract_id=contract.contract_id, claim_id=first.id, superseded_by=moved.id)
    await settling.tell(claimed(contract.contract_id, moved, first.id), superseded)
    await settling.tell(verified(contract.contract_id, moved))
    for late in (None, a_claim(3, "home", day="2026-03-01"), a_claim(4, day="2026-01-03")):
        await settling.verify(contract.contract_id, *([late] if late else []))
        shown = await settling.settle(contract.contract_id, "correction")
        raw = (await settling.get(organisation, f"/v1/settlements/{shown['id']}/inputs")).content
        status, output = recomputed(tmp_path / "inputs.json", raw)
        assert status == 0, output


async def test_the_result_as_one_json_document(settling: Settling, tmp_path: Path) -> None:
    path = (await settlements(settling))[-1]
    raw = (await settling.get(PAYER, path)).content
    status, output = recomputed(tmp_path / "inputs.json", raw, "--json")
    told = json.loads(output)
    assert (status, told["same"], told["differences"]) == (0, True, [])
    assert [check["what"] for check in told["checks"]] == ["terms", "inputs", "items", "content as given", "content"]


async def test_a_difference_is_said_with_its_place(settling: Settling, tmp_path: Path) -> None:
    path = (await settlements(settling))[0]
    document = json.loads((await settling.get(PAYER, path)).content)
    document["content"]["lines"][0]["units"] += 1
    status, output = recomputed(tmp_path / "inputs.json", json.dumps(document).encode())
    assert status == 1
    assert "DIFFERS job at 100.00, units" in output


def _without_terms(document: Any) -> Any:
    return {**document, "inputs": document["inputs"][1:]}


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"not json",
        b"[]",
        b'{"format": "enzym-inputs/2"}',
        b'{"a": 1}\n{"b": NaN}',
        lambda document: {**document, "format": "enzym-inputs/9"},
        lambda document: {**document, "inputs": [{"position": 1}]},
        lambda document: {**document, "inputsSha256": 7},
        lambda document: {**document, "content": {"lines": [7]}},
        _without_terms,
    ],
)
async def test_what_is_not_readable_exits_with_2(settling: Settling, tmp_path: Path, broken: Any) -> None:
    if not isinstance(broken, bytes):
        contract = await settling.contract(a_claim(1))
        settled = await settling.settle(contract.contract_id)
        document = (await settling.get(PAYER, f"/v1/settlements/{settled['id']}/inputs")).json()
        broken = json.dumps(broken(document)).encode()
    status, output = recomputed(tmp_path / "inputs.json", broken)
    assert (status, "Not readable" in output) == (2, True), output


def test_a_file_that_is_not_there_exits_with_2_and_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(_cli, [str(tmp_path / "nothing")])
    assert (result.exit_code, "No such file" in result.output) == (2, True), result.output


def test_a_refusal_in_place_of_inputs_is_told_from_them(tmp_path: Path) -> None:
    status, output = recomputed(tmp_path / "inputs.json", b'{"type": "urn:enzym:error:not-found", "status": 404}')
    assert (status, "not the inputs of a settlement" in output) == (2, True), output


def test_half_a_head_is_told_by_its_fields(tmp_path: Path) -> None:
    status, output = recomputed(tmp_path / "inputs.json", b'{"format": "enzym-inputs/2"}')
    assert (status, "/settlementId: This field is required." in output) == (2, True), output


async def test_a_provider_is_given_its_own_and_one_figure_for_the_rest(settling: Settling) -> None:
    path = (await settlements(settling))[1]
    mine = (await settling.get(PROVIDER, path)).json()
    theirs = (await settling.get(OTHER, path)).json()
    everything = (await settling.get(PAYER, path)).json()
    assert mine.keys() - everything.keys() == {"termsProof", "rest"}
    positions = {row["position"] for row in mine["inputs"]}
    others = {row["position"] for row in theirs["inputs"]}
    terms = {row["position"] for row in everything["inputs"] if row["input"]["type"].endswith("contract.activated.v1")}
    assert positions & others == terms, "only the terms are given to both"
    assert [(rest["cap"], rest["minor"] > 0) for rest in mine["rest"]] == [("contract", True)]
    told = json.dumps(mine["inputs"])
    for row in everything["inputs"]:
        claim = row["input"]["fact"].get("claimId")
        if row["position"] in others - terms and claim:
            assert claim not in told
