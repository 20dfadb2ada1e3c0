"""Tests: what each audience is shown: an investor no single outcome, a stranger nothing, over real HTTP."""

import json
from typing import Any

import pytest
from tests.conftest import Played

from deploy.demo.compare.amounts import minor
from deploy.demo.play.client import Client, Refused

UNKNOWN = "01900000-0000-7000-8000-000000000000"
FEWEST = 5


def refusal(client: Client, path: str) -> Refused:
    """How a reading is refused."""
    with pytest.raises(Refused) as caught:
        client.get(path)
    return caught.value


@pytest.mark.parametrize("noun", ["claims", "participants"])
def test_an_investor_never_reads_what_concerns_single_people(played: Played, noun: str) -> None:
    refused = refusal(played.run.clients["investor"], f"{played.contract}/{noun}")
    assert (refused.status, refused.code) == (403, "role-not-allowed")
    assert refused.problem["type"] == "urn:enzym:error:role-not-allowed"


@pytest.mark.parametrize("path", ["lines/1/items", f"lines/1/items/{UNKNOWN}/1/explanation", "inputs"])
def test_an_investor_gets_no_item_of_a_statement(played: Played, path: str) -> None:
    assert refusal(played.run.clients["investor"], f"{played.settlement}/{path}").status in (403, 404)


def test_an_investors_statement_hides_small_counts(played: Played) -> None:
    shown = played.run.clients["investor"].get(played.settlement).content
    full = {line["rule"]: line for line in played.result.statement["lines"]}
    assert shown["total"] == played.result.statement["total"]
    assert sum(minor(line["amount"]) for line in shown["lines"]) == minor(shown["total"])
    told: list[str] = []
    for line in shown["lines"]:
        rules = line.get("rules") or [line["rule"]]
        told += rules
        assert sum(full[rule]["people"] for rule in rules) >= FEWEST
        assert sum(minor(full[rule]["amount"]) for rule in rules) == minor(line["amount"])
        if len(rules) > 1:
            assert not {"people", "units", "price", "cut"} & {key for key, value in line.items() if value is not None}
        else:
            assert line["people"] >= FEWEST
    assert told == list(full)
    assert shown["contentSha256"] != played.result.statement["contentSha256"]


def test_an_investor_is_told_no_claim_subject_or_key_anywhere(played: Played) -> None:
    answers = b"".join(
        exchange.answer
        for exchange in played.recorder.exchanges()
        if exchange.organisation == played.run.organisations["investor"].id
    )
    claims = list(played.run.payer.every(f"{played.contract}/claims"))
    assert len(claims) == 880
    for claim in claims:
        for secret in (claim["id"], claim["externalId"], claim["participantKey"]):
            assert secret.encode() not in answers


PATHS = (
    "{contract}",
    "{contract}/terms",
    "{contract}/terms/1",
    "{contract}/terms/1/parts/payment",
    "{contract}/signatures",
    "{contract}/cohorts",
    "{contract}/participants",
    "{contract}/claims",
    "{contract}/settlements",
    "{contract}/position",
    "{settlement}",
    "{settlement}/lines",
    "{settlement}/lines/1/items",
    f"{{settlement}}/lines/1/items/{UNKNOWN}/1/explanation",
    "{settlement}/inputs",
)


@pytest.mark.parametrize("path", PATHS)
def test_for_another_municipality_it_is_as_if_there_were_nothing(played: Played, outsider: Client, path: str) -> None:
    theirs = refusal(outsider, path.format(contract=played.contract, settlement=played.settlement))
    unknown = refusal(
        outsider, path.format(contract=f"/v1/contracts/{UNKNOWN}", settlement=f"/v1/settlements/{UNKNOWN}")
    )
    assert theirs.status == unknown.status == 404
    assert _without_ids(theirs.problem) == _without_ids(unknown.problem)


def test_another_municipality_lists_nothing_of_it(played: Played, outsider: Client) -> None:
    contracts = [row["id"] for row in outsider.every("/v1/contracts")]
    settlements = [row["id"] for row in outsider.every("/v1/settlements")]
    assert played.result.contract_id not in contracts
    assert played.result.statement["id"] not in settlements


def test_another_municipality_changes_nothing_of_it(played: Played, outsider: Client) -> None:
    version = played.run.payer.get(played.contract)
    commands: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"{played.contract}/signatures", {"version": 1, "root": "0" * 64}),
        (f"{played.contract}/termination", {"terminatedOn": "2020-01-01"}),
        (f"{played.contract}/settlements", {"kind": "correction", "period": played.result.statement["period"]}),
        (f"{played.contract}/simulations", {"scenarios": [{"name": "theirs", "outcomes": []}]}),
        (f"{played.settlement}/approvals", {"contentSha256": played.result.statement["contentSha256"]}),
        (f"{played.settlement}/cancellation", {}),
    )
    for number, (path, body) in enumerate(commands):
        with pytest.raises(Refused) as caught:
            outsider.post(path, body, step=f"change-{number}", etag=version.etag)
        assert (path, caught.value.status) == (path, 404)


def test_the_provider_reads_its_own_claims_and_items(played: Played) -> None:
    provider = played.run.provider
    assert len(list(provider.every(f"{played.contract}/claims"))) == 880
    assert provider.get(f"{played.settlement}/lines").content["items"]


def test_the_directory_is_for_everybody(played: Played, outsider: Client) -> None:
    names = json.dumps(list(outsider.every("/v1/organisations")))
    assert all(organisation.name in names for organisation in played.run.organisations.values())


def _without_ids(problem: Any) -> dict[str, Any]:
    return {key: value for key, value in problem.items() if key not in ("instance", "correlationId")}
