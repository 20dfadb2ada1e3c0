"""Tests: the HTTP process: what it needs to start, and what it says of itself."""

from pathlib import Path
from typing import get_args

import pytest

from outcomes_service.api.schemas import NewDecisionOnOne
from outcomes_service.app import ABOUT
from outcomes_service.settings import Settings
from services.kit.app import openapi_of
from services.kit.doors.bulk import Kind
from services.kit.testing import Doors, Urls, open_doors


async def test_it_is_ready_on_its_own_schema(doors: Doors) -> None:
    assert (await doors.as_nobody().get("/livez")).status_code == 200
    assert (await doors.as_nobody().get("/readyz")).status_code == 200


async def test_it_does_not_start_with_a_secret_that_could_be_guessed(urls: Urls, tmp_path: Path) -> None:
    secret = tmp_path / "order-key"
    secret.write_text("short\n")
    with pytest.raises(ValueError, match="at least 32 bytes"):
        async with open_doors(
            ABOUT, Settings, urls, tmp_path, contracts_url="http://registry.invalid", order_key_file=secret
        ):
            pass


def test_its_description_says_that_a_row_may_be_many() -> None:
    paths = openapi_of(ABOUT)["paths"]
    contract = "/v1/contracts/{contract_id}"
    for path in ("claims", "participants", "participants/departures"):
        body = paths[f"{contract}/{path}"]["post"]["requestBody"]["content"]
        assert set(body) == {"application/json", "application/x-ndjson"}
        answers = paths[f"{contract}/{path}"]["post"]["responses"]
        assert set(answers["200"]["content"]) == {"application/json", "application/x-ndjson"}
    assert set(paths[f"{contract}/verifications"]["post"]["requestBody"]["content"]) == {"application/x-ndjson"}
    assert sum(len(operations) for operations in paths.values()) == 13


def test_its_description_names_each_field_of_a_decision_among_many() -> None:
    operation = openapi_of(ABOUT)["paths"]["/v1/contracts/{contract_id}/verifications"]["post"]
    description = operation["requestBody"]["content"]["application/x-ndjson"]["schema"]["description"]
    for field in NewDecisionOnOne.model_json_schema(by_alias=True)["properties"]:
        assert f"`{field}`" in description
    answer = operation["responses"]["200"]["content"]["application/x-ndjson"]["schema"]["description"]
    for kind in get_args(Kind):
        assert f"`{kind}`" in answer


async def test_nobody_is_answered_without_a_token(doors: Doors) -> None:
    answer = await doors.as_nobody().get("/v1/claims/019a0000-0000-7000-8000-0000000000ff")
    assert (answer.status_code, answer.json()["code"]) == (401, "token-missing")
