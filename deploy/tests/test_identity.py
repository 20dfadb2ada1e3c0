"""Tests: the token issuer for development: whom it speaks for, what its tokens say, and that it is never real."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import OKPKey

from deploy.identity.app import ALGORITHM, Settings, create_app
from deploy.identity.personas import PERSONAS
from services.core.ids import check_organisation_id
from services.kit.doors.auth import caller_of
from services.kit.doors.keys import TokenExpired, check_signature, check_times, is_for, new_private_key, unverified
from services.kit.process import clock

PERMISSIONS = {"read", "draft", "sign", "enrol", "report", "verify", "prepare", "approve", "confirm", "admin"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    key_file = tmp_path / "key.json"
    key_file.write_text(json.dumps(new_private_key()))
    return Settings(environment="development", key_file=key_file)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(transport=transport, base_url=settings.issuer) as client:
        yield client


async def a_token(client: httpx.AsyncClient, persona: str, **more: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": persona, **more}
    answer = await client.post("/token", data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@pytest.mark.parametrize("name", PERSONAS)
def test_every_organisation_is_a_gln_of_the_example_range_with_its_check_digit(name: str) -> None:
    organisation = PERSONAS[name].organisation
    assert organisation.startswith("0088:952")
    assert check_organisation_id(organisation) == organisation


def test_permissions_are_those_that_the_gateway_knows() -> None:
    assert {permission for persona in PERSONAS.values() for permission in persona.permissions} <= PERMISSIONS


PAYERS = {persona.organisation for persona in PERSONAS.values() if persona.name.endswith("-preparer")}


@pytest.mark.parametrize("payer", sorted(PAYERS))
def test_nobody_of_a_payer_both_prepares_and_approves(payer: str) -> None:
    people = [persona for persona in PERSONAS.values() if persona.organisation == payer]
    assert not any({"prepare", "approve"} <= set(persona.permissions) for persona in people)
    assert not any("approve" in persona.permissions for persona in people if persona.actor == "system")
    for permission in ("prepare", "approve"):
        assert any(permission in persona.permissions for persona in people)


@pytest.mark.parametrize("name", PERSONAS)
async def test_a_token_holds_and_says_who_asks(client: httpx.AsyncClient, settings: Settings, name: str) -> None:
    token = await a_token(client, name)
    header, _ = unverified(token)
    published = {key["kid"]: key for key in (await client.get("/.well-known/jwks.json")).json()["keys"]}
    claims = check_signature(token, OKPKey.import_key(published[header["kid"]]), [ALGORITHM])
    check_times(claims, clock.now().timestamp())
    assert claims["iss"] == settings.issuer
    assert claims["exp"] - claims["iat"] == 8 * 3600
    assert is_for(claims, "enzym")
    caller = caller_of({**claims, "client": claims["client_id"]})
    persona = PERSONAS[name]
    assert (caller.subject, caller.organisation, caller.actor) == (name, persona.organisation, persona.actor)
    assert caller.permissions == set(persona.permissions)


async def test_two_tokens_are_never_the_same(client: httpx.AsyncClient) -> None:
    assert await a_token(client, "investor") != await a_token(client, "investor")


async def test_a_token_that_has_ended_can_be_had_for_trying(client: httpx.AsyncClient) -> None:
    _, claims = unverified(await a_token(client, "investor", expires_in="-60"))
    with pytest.raises(TokenExpired):
        check_times(claims, clock.now().timestamp())


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password", "client_id": "investor"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "mallory"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "investor", "expires_in": "x"}, 400, "invalid_request"),
        ({"grant_type": "client_credentials", "client_id": "investor", "expires_in": "9" * 9}, 400, "invalid_request"),
    ],
)
async def test_what_is_no_request_for_a_token_is_told_so(
    client: httpx.AsyncClient, form: dict[str, str], status: int, error: str
) -> None:
    answer = await client.post("/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "mallory" not in answer.text


async def test_json_is_no_form(client: httpx.AsyncClient) -> None:
    answer = await client.post("/token", json={"grant_type": "client_credentials", "client_id": "investor"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_its_metadata_leads_to_its_keys_and_tokens(client: httpx.AsyncClient) -> None:
    metadata = (await client.get("/.well-known/oauth-authorization-server")).json()
    assert (await client.get(metadata["jwks_uri"])).json()["keys"][0]["crv"] == "Ed25519"
    form = {"grant_type": "client_credentials", "client_id": "provider"}
    assert (await client.post(metadata["token_endpoint"], data=form)).status_code == 200


async def test_everybody_it_speaks_for_is_listed_and_no_private_key_is(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/personas")).json()["items"]
    assert [persona["name"] for persona in listed] == list(PERSONAS)
    assert "d" not in (await client.get("/.well-known/jwks.json")).json()["keys"][0]


@pytest.mark.parametrize("environment", [{}, {"ENZYM_ENVIRONMENT": "production"}])
def test_it_does_not_run_where_people_are_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    monkeypatch.delenv("ENZYM_ENVIRONMENT", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match="development"):
        Settings(key_file=tmp_path / "key.json")
