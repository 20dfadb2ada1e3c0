"""Door: whose tokens are taken, and what everybody else is told."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import Key, OctKey, OKPKey, RSAKey

from gateway.app import create_app
from gateway.settings import Settings
from services.kit.doors.keys import new_private_key

from ..servers import Issuer, serving, trusting, write_keys

FIELDS = {"type", "title", "status", "detail", "instance", "code", "correlationId", "errors"}


async def refusal(client: httpx.AsyncClient, token: str | bytes) -> tuple[int, str]:
    """Status and code; what holds for all of them is checked."""
    raw = token if isinstance(token, bytes) else token.encode("latin-1")
    answer = await client.get("/v1/contracts", headers=[(b"Authorization", b"Bearer " + raw)])
    document = answer.json()
    assert set(document) == FIELDS
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-correlation-id"] == document["correlationId"]
    assert answer.headers["www-authenticate"].startswith("Bearer")
    return answer.status_code, document["code"]


def signed(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def by_hand(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


async def test_a_good_token_opens(anna: httpx.AsyncClient) -> None:
    assert (await anna.get("/v1/contracts")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YW5uYTphbm5h"},
        {"authorization": "token x"},
        {"X-Authorization": "Bearer x", "Cookie": "token=x"},
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1/contracts", "/v1/nowhere", "/internal/facts", "/", "/v1/contracts?x=211062-5629"]
)
async def test_nobody_without_a_token_learns_what_is_here(
    client: httpx.AsyncClient, headers: dict[str, str], path: str
) -> None:
    answer = await client.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token-missing")
    assert "211062" not in answer.text


async def test_two_tokens_are_none(client: httpx.AsyncClient, issuer: Issuer) -> None:
    both = [("Authorization", f"Bearer {issuer.token()}"), ("Authorization", f"Bearer {issuer.token('read')}")]
    answer = await client.get("/v1/contracts", headers=both)
    assert (answer.status_code, answer.json()["code"]) == (401, "token-missing")


async def test_an_expired_token_is_told_apart(client: httpx.AsyncClient, issuer: Issuer) -> None:
    assert await refusal(client, issuer.token(exp=issuer.claims()["iat"] - 60)) == (401, "token-expired")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://login.other"},
        {"iss": None},
        {"iss": ["https://login.example"]},
        {"aud": "enzym2"},
        {"aud": ["a", "b"]},
        {"aud": None},
        {"exp": None},
        {"exp": "9999999999"},
        {"nbf": 9999999999},
        {"iat": 9999999999},
        {"sub": None},
        {"sub": ""},
        {"org": None},
        {"org": "service:contracts-service"},
        {"org": "13585628"},
        {"permissions": None},
        {"permissions": "read"},
        {"permissions": {"read": True}},
        {"actor": None},
        {"actor": "gateway"},
        {"client_id": {"name": "erp"}},
    ],
)
async def test_a_token_without_what_is_agreed_is_not_taken(
    client: httpx.AsyncClient, issuer: Issuer, changes: dict[str, Any]
) -> None:
    assert await refusal(client, issuer.token(**changes)) == (401, "token-not-valid")


async def test_one_audience_of_several_will_do(client: httpx.AsyncClient, issuer: Issuer) -> None:
    headers = issuer.bearer(aud=["portal", "enzym"])
    assert (await client.get("/v1/contracts", headers=headers)).status_code == 200


def forgeries(issuer: Issuer) -> dict[str, str]:
    claims, good = issuer.claims(), issuer.token()
    kid, public = issuer.published[0]["kid"], issuer.published[0]
    other, rsa = OKPKey.import_key(new_private_key()), RSAKey.generate_key(2048)
    head, body, signature = good.split(".")
    richer = by_hand({}, {**claims, "permissions": ["admin"]}).split(".")[1]
    return {
        "not a token": "x",
        "no signature": f"{head}.{body}.",
        "another body": f"{head}.{richer}.{signature}",
        "alg none": by_hand({"alg": "none", "kid": kid}, claims),
        "alg None": by_hand({"alg": "None", "kid": kid}, claims),
        "the public key as a secret": signed(
            {"alg": "HS256", "kid": kid}, claims, OctKey.import_key(json.dumps(public).encode())
        ),
        "the key's bytes as a secret": signed(
            {"alg": "HS256", "kid": kid}, claims, OctKey.import_key({"kty": "oct", "k": public["x"]})
        ),
        "another key under the issuer's name": signed({"alg": "Ed25519", "kid": kid}, claims, other),
        "a key that comes with the token": signed(
            {"alg": "Ed25519", "kid": kid, "jwk": other.as_dict(private=False)}, claims, other
        ),
        "an address that comes with the token": signed(
            {"alg": "Ed25519", "kid": "mine", "jku": "http://127.0.0.1:9/keys"}, claims, other
        ),
        "an algorithm that this issuer does not use": signed({"alg": "RS256", "kid": kid}, claims, rsa),
        "an algorithm that the key is not for": by_hand({"alg": "ES256", "kid": kid}, claims, b"x" * 64),
        "no key named": signed({"alg": "Ed25519"}, claims, other),
        "an unknown key": signed({"alg": "Ed25519", "kid": "unknown"}, claims, other),
        "a path as key name": signed({"alg": "Ed25519", "kid": "../../dev/null"}, claims, other),
        "an extension": by_hand({"alg": "Ed25519", "kid": kid, "crit": ["x"], "x": 1}, claims, b"x" * 64),
        "an empty crit": by_hand({"alg": "Ed25519", "kid": kid, "crit": []}, claims, b"x" * 64),
        "unencoded": by_hand({"alg": "Ed25519", "kid": kid, "b64": False, "crit": ["b64"]}, claims, b"x" * 64),
        "no claims": by_hand({"alg": "Ed25519", "kid": kid}, {}),
        "deeply nested": f"{head}.{base64.urlsafe_b64encode(b'[' * 9000).decode()}.{signature}",
        "not ASCII": good[:-1] + "\xe6",
    }


NAMES = sorted(forgeries(Issuer()))


@pytest.mark.parametrize("how", NAMES)
async def test_a_forged_token_is_not_taken(client: httpx.AsyncClient, issuer: Issuer, how: str) -> None:
    assert await refusal(client, forgeries(issuer)[how]) == (401, "token-not-valid")


async def test_a_genuine_token_with_addresses_of_keys_is_taken_by_its_own_key(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    key = OKPKey.import_key(issuer.jwk)
    header = {"alg": "Ed25519", "kid": issuer.jwk["kid"], "jku": "http://evil.example/keys"}
    token = signed(header, issuer.claims(), key)
    assert (await client.get("/v1/contracts", headers={"Authorization": f"Bearer {token}"})).status_code == 200


async def test_each_algorithm_of_the_issuer_is_taken_with_a_key_of_its_kind(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    header = {"alg": "ES256", "kid": issuer.second.thumbprint()}
    token = signed(header, issuer.claims(), issuer.second)
    assert (await client.get("/v1/contracts", headers={"Authorization": f"Bearer {token}"})).status_code == 200
    crossed = signed({**header, "alg": "Ed25519"}, issuer.claims(), OKPKey.import_key(issuer.jwk))
    assert await refusal(client, crossed) == (401, "token-not-valid")


async def test_while_the_issuer_is_down_known_keys_decide_and_unknown_ones_wait(
    settings: Settings, tmp_path: Path
) -> None:
    issuer = Issuer()
    issuer.down = True
    with serving(issuer.app()) as login:
        own = {**settings.model_dump(), "issuers": [trusting(login)], "key_files": write_keys(tmp_path, 1)}
        with serving(create_app(Settings.model_validate(own))) as address:
            async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
                waiting = await client.get("/v1/contracts", headers=issuer.bearer())
                assert (waiting.status_code, waiting.json()["code"]) == (503, "keys-unavailable")
                assert int(waiting.headers["retry-after"]) > 0
                assert (await client.get("/readyz")).status_code == 503
                issuer.down = False
                await asyncio.sleep(1.1)
                assert (await client.get("/readyz")).status_code == 200
                assert (await client.get("/v1/contracts", headers=issuer.bearer())).status_code == 200
                issuer.down = True
                assert (await client.get("/v1/contracts", headers=issuer.bearer("read"))).status_code == 200
                assert await refusal(client, issuer.token()[:-4] + "AAAA") == (401, "token-not-valid")


@pytest.mark.parametrize("subject", ["211062-5629", "2110625629", "person:131052-308T"])
async def test_a_person_is_not_named_by_a_personal_number(
    client: httpx.AsyncClient, issuer: Issuer, subject: str
) -> None:
    assert await refusal(client, issuer.token(sub=subject)) == (401, "subject-is-personal-number")
