"""Kit: keys and tokens: our own private key, other people's public ones over HTTP, and what a signature proves."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, JWKRegistry, Key, OctKey, OKPKey, RSAKey

from services.core.errors import Unauthenticated, Unavailable

INTERNAL_ALGORITHM = "Ed25519"
"""RFC 9864; what RFC 8037 calls EdDSA, with the curve said."""
LEEWAY_SECONDS = 5

Fetch = Callable[[str], Awaitable[Mapping[str, Any]]]
PublicKey = RSAKey | ECKey | OKPKey


class TokenMissing(Unauthenticated):
    """No token, more than one, or not in the form `Bearer <token>`."""

    code = "token-missing"
    title = "Send one access token: Authorization: Bearer <token>"


class TokenNotValid(Unauthenticated):
    """Not signed by whom we trust, not for us, or not in the agreed form. Never says which."""

    code = "token-not-valid"
    title = "This access token is not valid here"


class TokenExpired(Unauthenticated):
    """Was valid, and is no longer."""

    code = "token-expired"
    title = "This access token has expired; get a new one"


class KeysUnavailable(Unavailable):
    """The keys that would tell whether a token is genuine cannot be fetched at this moment."""

    code = "keys-unavailable"
    title = "Tokens cannot be checked at this moment"


def new_private_key() -> dict[str, Any]:
    """A new private key (JWK, Ed25519), for a key file."""
    key = OKPKey.generate_key("Ed25519")
    return {**key.as_dict(private=True), "kid": key.thumbprint(), "use": "sig"}


class Signer:
    """Signs with one private key (JWK, Ed25519). Its `kid` is the thumbprint of RFC 7638."""

    def __init__(self, jwk: Mapping[str, Any]) -> None:
        key = OKPKey.import_key(dict(jwk))
        if not key.is_private or key.curve_name != "Ed25519":
            raise ValueError("a private Ed25519 key (JWK) is needed")
        self._key = key
        self._header = {"alg": INTERNAL_ALGORITHM, "kid": key.thumbprint()}

    @classmethod
    def from_file(cls, path: Path) -> "Signer":
        """The signer whose private key stands in `path`. Errors: OSError, ValueError."""
        return cls(json.loads(path.read_text()))

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT of `claims`."""
        return jwt.encode(dict(self._header), dict(claims), self._key, registry=_Registry([INTERNAL_ALGORITHM]))

    def public_key(self) -> dict[str, Any]:
        """The public half (JWK)."""
        return {**self._key.as_dict(private=False), "kid": self._header["kid"], "use": "sig"}


class _Registry(jws.JWSRegistry):
    """Exactly the listed algorithms (joserfc warns on every use of the older name EdDSA)."""

    max_header_length = 8192
    max_payload_length = 16384

    def __init__(self, algorithms: Sequence[str]) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in (self.allowed or ()):
            raise JoseError("algorithm not allowed")
        return self.algorithms[name]


def unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims as they are said, proven by nothing: good only for choosing the key to check with.
    Errors: TokenNotValid; also when the header says `crit` or `b64`, as we understand no extension."""
    try:
        parsed = jws.extract_compact(token.encode("ascii"), registry=_Registry([]))
        header, claims = parsed.protected, json.loads(parsed.payload)
    except (JoseError, ValueError, RecursionError):
        raise TokenNotValid() from None
    if not isinstance(header, dict) or not isinstance(claims, dict) or header.keys() & {"crit", "b64"}:
        raise TokenNotValid()
    return header, claims


def check_signature(token: str, key: PublicKey, algorithms: Sequence[str]) -> Mapping[str, Any]:
    """The claims of a token that `key` signed with one of `algorithms`. Keys that the token itself names (`jwk`,
    `jku`, `x5u`, `x5c`) are not looked at. Errors: TokenNotValid."""
    try:
        return jwt.decode(token, key, registry=_Registry(algorithms)).claims
    except (JoseError, ValueError):
        raise TokenNotValid() from None


def check_times(claims: Mapping[str, Any], now: float) -> None:
    """`exp` is required, `nbf` and `iat` are looked at if they are there, each with LEEWAY_SECONDS.
    Errors: TokenExpired, TokenNotValid."""
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if "exp" not in times or any(isinstance(at, bool) or not isinstance(at, int | float) for at in times.values()):
        raise TokenNotValid()
    if times["exp"] <= now - LEEWAY_SECONDS:
        raise TokenExpired()
    if max(times.get("nbf", 0), times.get("iat", 0)) > now + LEEWAY_SECONDS:
        raise TokenNotValid()


def is_for(claims: Mapping[str, Any], audience: str) -> bool:
    """Whether `aud` names `audience`, alone or in a list."""
    aud = claims.get("aud")
    return aud == audience or (isinstance(aud, list) and audience in aud)


def fetch_with(client: httpx.AsyncClient) -> Fetch:
    """Reads a JWKS with `client`. Errors: httpx.HTTPError, ValueError."""

    async def fetch(url: str) -> Mapping[str, Any]:
        answer = await client.get(url)
        answer.raise_for_status()
        document = answer.json()
        if not isinstance(document, dict):
            raise ValueError("not a JWKS")
        return document

    return fetch


class PublicKeys:
    """The public keys at one address, fetched when first needed, again when a key is asked for that is not there
    (at most every `patience` seconds, so that forged tokens cause no storm), and when they are `max_age` old."""

    def __init__(
        self, url: str, fetch: Fetch, *, by_thumbprint: bool, patience: float = 5.0, max_age: float = 300.0
    ) -> None:
        self._url, self._fetch, self._by_thumbprint = url, fetch, by_thumbprint
        self._patience, self._max_age = patience, max_age
        self._keys: Mapping[str, PublicKey] = {}
        self._fetched_at = self._tried_at = -max_age
        self._lock = asyncio.Lock()

    async def load(self) -> bool:
        """Fetches them if they never were; whether there are keys to check with."""
        if not self._keys:
            async with self._lock:
                await self._refresh(asyncio.get_running_loop().time())
        return bool(self._keys)

    def known(self, key_id: str) -> PublicKey | None:
        """The key, if it was fetched not long ago; asks nobody."""
        if asyncio.get_running_loop().time() - self._fetched_at >= self._max_age:
            return None
        return self._keys.get(key_id)

    async def find(self, key_id: str) -> PublicKey | None:
        """The key, or None when its owner does not publish it. Errors: KeysUnavailable when nobody can say."""
        key = self.known(key_id)
        if key is not None:
            return key
        async with self._lock:
            await self._refresh(asyncio.get_running_loop().time())
        if key_id in self._keys:
            return self._keys[key_id]
        if self._fetched_at < self._tried_at or not self._keys:
            raise KeysUnavailable()
        return None

    async def _refresh(self, now: float) -> None:
        failed = self._fetched_at < self._tried_at
        if now - self._tried_at < (min(1.0, self._patience) if failed else self._patience):
            return
        self._tried_at = now
        try:
            self._keys = _public_keys(await self._fetch(self._url), self._by_thumbprint)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, JoseError):
            return
        self._fetched_at = now


def _public_keys(jwks: Mapping[str, Any], by_thumbprint: bool) -> Mapping[str, PublicKey]:
    """By `kid` as published, or by thumbprint whatever is published: then nobody takes another's name. Keys of a
    kind that we do not know, and shared secrets, are left out."""
    keys: dict[str, PublicKey] = {}
    for jwk in jwks.get("keys", ()):
        try:
            key: Key = JWKRegistry.import_key(jwk)
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
        key_id = key.thumbprint() if by_thumbprint else key.kid
        if key_id and not isinstance(key, OctKey):
            keys.setdefault(key_id, key)
    return keys
