"""Kit: who may pass the door of a service, and what it then knows of the caller."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from services.kit.doors import problems
from services.kit.doors.auth import Authenticate, ServiceAuth, Verifier, caller_of, claims_of, mint
from services.kit.doors.keys import Signer, TokenNotValid, new_private_key
from services.kit.process import clock
from services.kit.process.caller import Caller, service_caller
from services.kit.process.settings import TrustedKeys

ANNA = Caller("https://login.example", "anna", "0184:13585628", frozenset({"read", "approve"}), "person", "erp")
HERE = "outcomes-service"
GATEWAY_JWK = new_private_key()
KID = GATEWAY_JWK["kid"]
gateway, peer, stranger = Signer(GATEWAY_JWK), Signer(new_private_key()), Signer(new_private_key())
PUBLISHED = {"http://gateway": gateway, "http://peer": peer}


async def fetch(url: str) -> Mapping[str, Any]:
    return {"keys": [PUBLISHED[url].public_key()]}


def a_service() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.get("/v1/me")
    @app.get("/internal/me")
    async def me(request: Request) -> dict[str, Any]:
        caller: Caller = request.state.caller
        logged = structlog.contextvars.get_contextvars()
        return {**claims_of(caller), "correlation": str(request.state.correlation_id), "logged": logged}

    @app.get("/livez")
    @app.get("/readyz")
    @app.get("/.well-known/jwks.json")
    async def open_to_all() -> str:
        return "ok"

    trusted = [TrustedKeys(owner="gateway", url="http://gateway"), TrustedKeys(owner="registry", url="http://peer")]
    app.add_middleware(Authenticate, verifier=Verifier(HERE, trusted, fetch))
    return app


@pytest.fixture
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(a_service()), base_url="http://service")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def anna(**changes: Any) -> str:
    """Anna's token, as the gateway signs it, with some claims changed."""
    now = int(clock.now().timestamp())
    return gateway.sign({**claims_of(ANNA), "aud": HERE, "iat": now, "exp": now + 60, **changes})


async def code_of(client: httpx.AsyncClient, path: str, token: str) -> tuple[int, str]:
    answer = await client.get(path, headers=bearer(token))
    return answer.status_code, answer.json().get("code", "")


async def test_the_service_knows_the_caller_that_the_gateway_signed_for(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/me", headers=bearer(mint(gateway, claims_of(ANNA), HERE)))
    assert answer.status_code == 200
    assert caller_of(answer.json()) == ANNA


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/.well-known/jwks.json"])
async def test_health_and_public_keys_ask_for_no_token(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "")],
        [("Authorization", "Bearer ")],
        [("Authorization", "Basic YW5uYTphbm5h")],
        [("Authorization", "Bearer a.b.c"), ("Authorization", "Bearer a.b.c")],
        [("X-Org", "0184:13585628"), ("X-User", "anna")],
    ],
)
async def test_without_one_bearer_token_nobody_is_answered(
    client: httpx.AsyncClient, headers: list[tuple[str, str]]
) -> None:
    answer = await client.get("/v1/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token-missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_an_expired_token_is_told_apart(client: httpx.AsyncClient) -> None:
    now = int(clock.now().timestamp())
    assert await code_of(client, "/v1/me", anna(exp=now - 10)) == (401, "token-expired")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "settlement-service"},
        {"aud": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": 99999999999},
        {"iat": 99999999999},
        {"org": "service:registry"},
        {"org": "0184:13585628\n"},
        {"sub": ""},
        {"sub": 7},
        {"actor": "robot"},
        {"permissions": "read"},
        {"permissions": [1]},
        {"client": None},
    ],
)
async def test_a_token_with_a_claim_that_is_not_as_agreed_opens_nothing(
    client: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    assert await code_of(client, "/v1/me", anna(**changes)) == (401, "token-not-valid")


def jwt_claims() -> dict[str, Any]:
    now = int(clock.now().timestamp())
    return {**claims_of(ANNA), "aud": HERE, "iat": now, "exp": now + 60}


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(header: dict[str, Any]) -> str:
    return ".".join(encoded(json.dumps(part).encode()) for part in (header, jwt_claims())) + "."


def signed(header: dict[str, Any], jwk: Mapping[str, Any]) -> str:
    """A token with Anna's claims and any header, whether it makes sense or not."""
    body = unsigned(header).rstrip(".")
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(jwk["d"] + "="))
    return f"{body}.{encoded(key.sign(body.encode()))}"


def forgeries() -> dict[str, str]:
    own, good = new_private_key(), anna()
    body, _, _ = good.rpartition(".")
    public = OctKey.import_key(json.dumps(gateway.public_key()))
    return {
        "nothing": "x",
        "two dots": "..",
        "no signature": body + ".",
        "the signature of another token": body + "." + anna(sub="berit").rpartition(".")[2],
        "alg none": unsigned({"alg": "none", "kid": KID}),
        "the public key as a secret": jwt.encode({"alg": "HS256", "kid": KID}, jwt_claims(), public),
        "another key under the gateway's name": signed({"alg": "Ed25519", "kid": KID}, own),
        "a key that comes with the token": signed({"alg": "Ed25519", "kid": KID, "jwk": {**own, "d": None}}, own),
        "a key that nobody publishes": stranger.sign(jwt_claims()),
        "no key named": signed({"alg": "Ed25519"}, own),
        "a kid that is no text": unsigned({"alg": "Ed25519", "kid": 7}),
        "an extension": signed({"alg": "Ed25519", "kid": KID, "crit": ["iat"], "iat": 1}, GATEWAY_JWK),
        "unencoded": unsigned({"alg": "Ed25519", "kid": KID, "b64": False}),
        "not ASCII": good + "\xe6",
    }


@pytest.mark.parametrize("how", sorted(forgeries()))
async def test_a_forged_token_opens_nothing(client: httpx.AsyncClient, how: str) -> None:
    answer = await client.get("/v1/me", headers=[(b"Authorization", b"Bearer " + forgeries()[how].encode("latin-1"))])
    assert (answer.status_code, answer.json()["code"]) == (401, "token-not-valid")


async def test_addresses_of_keys_in_a_genuine_token_are_not_looked_at(client: httpx.AsyncClient) -> None:
    header = {"alg": "Ed25519", "kid": KID, "jku": "http://evil.example/keys", "x5u": "http://evil.example/certificate"}
    assert await code_of(client, "/v1/me", signed(header, GATEWAY_JWK)) == (200, "")


async def test_the_gateway_opens_nothing_internal(client: httpx.AsyncClient) -> None:
    assert await code_of(client, "/internal/me", anna()) == (403, "key-not-for-this-door")


async def test_a_service_opens_only_what_is_internal(client: httpx.AsyncClient) -> None:
    as_peer = ServiceAuth(peer, "registry", HERE)
    answer = await client.get("/internal/me", auth=as_peer)
    assert (answer.status_code, answer.json()["org"]) == (200, "service:registry")
    answer = await client.get("/v1/me", auth=as_peer)
    assert (answer.status_code, answer.json()["code"]) == (403, "key-not-for-this-door")


@pytest.mark.parametrize("claims", [claims_of(service_caller("settlement-service")), claims_of(ANNA)])
async def test_a_service_speaks_for_nobody_but_itself(client: httpx.AsyncClient, claims: dict[str, Any]) -> None:
    for path in ("/internal/me", "/v1/me"):
        assert await code_of(client, path, mint(peer, claims, HERE)) == (401, "token-not-valid")


async def test_what_a_token_says_of_the_gateway_does_not_make_it_one(client: httpx.AsyncClient) -> None:
    claims = {**claims_of(service_caller("gateway")), "iss": "gateway"}
    assert await code_of(client, "/v1/me", mint(peer, claims, HERE)) == (401, "token-not-valid")


async def test_a_token_for_one_service_is_not_for_another(client: httpx.AsyncClient) -> None:
    answer = await client.get("/internal/me", auth=ServiceAuth(peer, "registry", "settlement-service"))
    assert (answer.status_code, answer.json()["code"]) == (401, "token-not-valid")


async def test_the_correlation_id_goes_through(client: httpx.AsyncClient) -> None:
    sent = "0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a60"
    answer = await client.get("/v1/me", headers={**bearer(anna()), "X-Correlation-Id": sent})
    assert answer.headers["x-correlation-id"] == sent
    assert answer.json()["correlation"] == sent
    assert answer.json()["logged"] == {"correlation_id": sent}


@pytest.mark.parametrize(
    "sent", ["", "7", "0192f0c12b7e7c3a9a513d5f1e8b7a60", "{0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a60}"]
)
async def test_a_correlation_id_of_another_form_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    answer = await client.get("/v1/me", headers={"X-Correlation-Id": sent})
    given = answer.headers["x-correlation-id"]
    assert str(UUID(given)) == given != sent
    assert answer.json()["correlationId"] == given
    assert answer.json()["instance"] == f"urn:uuid:{given}"


texts = st.text(min_size=1, max_size=40)
callers = st.builds(
    Caller,
    issuer=texts,
    subject=texts,
    organisation=st.sampled_from(["0184:13585628", "0088:9521000000009"]),
    permissions=st.frozensets(st.sampled_from(["read", "draft", "sign", "approve"])),
    actor=st.sampled_from(["person", "system"]),
    client=texts,
)


@given(callers)
def test_what_is_said_of_a_caller_is_what_is_understood(caller: Caller) -> None:
    assert caller_of(claims_of(caller)) == caller


@given(st.dictionaries(st.sampled_from(["iss", "sub", "org", "actor", "client", "permissions"]), st.integers() | texts))
def test_claims_that_are_not_as_agreed_are_refused_and_break_nothing(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenNotValid):
        caller_of(claims)
