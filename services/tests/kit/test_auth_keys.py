"""Kit: public keys: fetched when needed, not too often, and what happens when they cannot be had."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey

from services.core.errors import Unauthenticated
from services.kit.doors.auth import Remembered, Verifier, claims_of, mint
from services.kit.doors.keys import KeysUnavailable, PublicKeys, Signer, TokenNotValid, fetch_with, new_private_key
from services.kit.process.caller import service_caller
from services.kit.process.settings import TrustedKeys


class Keyring:
    """What stands at an address, and how often it was asked for; `down` while nobody answers."""

    def __init__(self, *signers: Signer) -> None:
        self.keys: list[Mapping[str, Any]] = [signer.public_key() for signer in signers]
        self.asked = 0
        self.down = False

    async def fetch(self, _: str) -> Mapping[str, Any]:
        self.asked += 1
        if self.down:
            raise httpx.ConnectError("down")
        return {"keys": self.keys}


def a_signer() -> Signer:
    return Signer(new_private_key())


def kid(signer: Signer) -> str:
    return str(signer.public_key()["kid"])


async def test_keys_are_fetched_once_and_kept() -> None:
    signer = a_signer()
    ring = Keyring(signer)
    keys = PublicKeys("x", ring.fetch, by_thumbprint=True)
    assert keys.known(kid(signer)) is None
    for _ in range(3):
        assert await keys.find(kid(signer)) is not None
    assert ring.asked == 1


async def test_forged_key_names_cause_no_storm() -> None:
    ring = Keyring(a_signer())
    keys = PublicKeys("x", ring.fetch, by_thumbprint=True)
    assert [await keys.find(f"forged-{n}") for n in range(50)] == [None] * 50
    assert ring.asked == 1


async def test_a_new_key_is_found_when_patience_is_over() -> None:
    ring, new = Keyring(a_signer()), a_signer()
    keys = PublicKeys("x", ring.fetch, by_thumbprint=True, patience=0)
    assert await keys.find(kid(new)) is None
    ring.keys.append(new.public_key())
    assert await keys.find(kid(new)) is not None


async def test_old_keys_are_looked_up_again_and_withdrawn_ones_forgotten() -> None:
    old, new = a_signer(), a_signer()
    ring = Keyring(old)
    keys = PublicKeys("x", ring.fetch, by_thumbprint=True, patience=0, max_age=0)
    assert await keys.find(kid(old)) is not None
    ring.keys = [new.public_key()]
    assert await keys.find(kid(old)) is None


async def test_who_cannot_be_asked_makes_it_unavailable_and_never_unauthenticated() -> None:
    signer = a_signer()
    ring = Keyring(signer)
    ring.down = True
    keys = PublicKeys("x", ring.fetch, by_thumbprint=True, patience=0)
    with pytest.raises(KeysUnavailable):
        await keys.find(kid(signer))
    assert not await keys.load()
    ring.down = False
    assert await keys.load()
    assert await keys.find(kid(signer)) is not None


async def test_keys_that_are_here_are_used_while_their_owner_is_down() -> None:
    signer = a_signer()
    ring = Keyring(signer)
    keys = PublicKeys("x", ring.fetch, by_thumbprint=True, patience=0, max_age=0)
    await keys.load()
    ring.down = True
    assert await keys.find(kid(signer)) is not None
    with pytest.raises(KeysUnavailable):
        await keys.find("unknown")


async def test_shared_secrets_and_unknown_kinds_of_keys_are_left_out() -> None:
    signer = a_signer()
    ring = Keyring(signer)
    ring.keys += [OctKey.generate_key(256).as_dict(private=True) | {"kid": "secret"}, {"kty": "new", "kid": "q"}, {}]
    keys = PublicKeys("x", ring.fetch, by_thumbprint=False)
    assert await keys.find("secret") is None
    assert await keys.find("q") is None
    assert await keys.find(kid(signer)) is not None


async def test_nobody_takes_the_name_of_anothers_key() -> None:
    gateway, thief = a_signer(), a_signer()
    rings = {"gateway": Keyring(gateway), "thief": Keyring()}
    rings["thief"].keys = [{**thief.public_key(), "kid": kid(gateway)}]

    async def fetch(url: str) -> Mapping[str, Any]:
        return await rings[url].fetch(url)

    trusted = [TrustedKeys(owner=name, url=name) for name in ("thief", "gateway")]
    verifier = Verifier("here", trusted, fetch)
    as_thief = mint(thief, claims_of(service_caller("thief")), "here")
    assert (await verifier.verify(as_thief))[0] == "thief"
    with pytest.raises(Unauthenticated):
        await verifier.verify(mint(gateway, claims_of(service_caller("thief")), "here"))


async def test_a_token_that_was_checked_is_not_checked_again_while_it_lasts() -> None:
    signer = a_signer()
    ring = Keyring(signer)
    verifier = Verifier("here", [TrustedKeys(owner="peer", url="x")], ring.fetch)
    token = mint(signer, claims_of(service_caller("peer")), "here")
    assert await verifier.verify(token) is await verifier.verify(token)


async def test_what_is_remembered_is_bounded_and_ends() -> None:
    remembered: Remembered[int] = Remembered(2)
    for n in range(3):
        remembered.put(n, n, 60)
    remembered.put("over", 1, 0)
    assert [remembered.get(key) for key in (0, 1, 2, "over")] == [None, None, 2, None]


async def test_a_jwks_is_fetched_over_http_and_anything_else_is_no_jwks() -> None:
    answers = {
        "/keys": httpx.Response(200, json={"keys": []}),
        "/list": httpx.Response(200, json=[]),
        "/text": httpx.Response(200, text="<html>"),
        "/moved": httpx.Response(302, headers={"Location": "/keys"}),
        "/broken": httpx.Response(500),
    }
    transport = httpx.MockTransport(lambda request: answers[request.url.path])
    async with httpx.AsyncClient(transport=transport, base_url="http://keys", trust_env=False) as client:
        fetch = fetch_with(client)
        assert await fetch("/keys") == {"keys": []}
        for path in ("/list", "/text", "/moved", "/broken"):
            with pytest.raises((ValueError, httpx.HTTPError)):
                await fetch(path)


def test_a_key_file_holds_a_private_ed25519_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(json.dumps(new_private_key()))
    signer = Signer.from_file(path)
    assert "d" not in signer.public_key()
    path.write_text(json.dumps(signer.public_key()))
    with pytest.raises(ValueError, match="private Ed25519"):
        Signer.from_file(path)


@pytest.mark.parametrize("token", ["a.b.c", "a" * 100_000, "e30.e30.e30", "W10.W10.W10", "....."])
async def test_what_is_no_token_breaks_nothing(token: str) -> None:
    with pytest.raises(TokenNotValid):
        await Verifier("here", [], Keyring().fetch).verify(token)
