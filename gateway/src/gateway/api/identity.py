"""Door: identifies clients: checks their tokens, and exchanges them for internal tokens of the gateway."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.core.errors import Unauthenticated
from services.core.personal_numbers import find_personal_number
from services.kit.doors.auth import REUSED_SECONDS, Remembered, bearer, caller_of, claims_of, mint
from services.kit.doors.keys import (
    PublicKeys,
    Signer,
    TokenNotValid,
    check_signature,
    check_times,
    is_for,
    unverified,
)
from services.kit.process import clock
from services.kit.process.caller import Caller

AUDIENCE = "enzym"
CHECKED_SECONDS = 60
"""A checked token is accepted for so long without another check, and never past its expiry."""


class SubjectIsPersonalNumber(Unauthenticated):
    """The issuer uses a personal number as the subject. Enzym must never be given one."""

    code = "subject-is-personal-number"
    title = "This token names a person by a personal number; its issuer must use another subject"


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """One issuer: its keys, and the algorithms that it is known to sign with."""

    keys: PublicKeys
    algorithms: Sequence[str]


@dataclass(slots=True)
class Client:
    """A caller with a valid token, and the `Authorization` values that were minted for it, by audience."""

    caller: Caller
    expires_at: float
    internal_tokens: Remembered[bytes]


class Clients:
    """The clients, by their tokens."""

    def __init__(self, issuers: Mapping[str, TrustedIssuer], signer: Signer) -> None:
        self._issuers, self._signer = issuers, signer
        self._checked: Remembered[Client] = Remembered(8192)

    async def identify(self, authorization: Sequence[bytes]) -> Client:
        """The client behind the values of the Authorization headers. Errors: Unauthenticated; `keys-unavailable`
        when an unknown key cannot be fetched from the issuer."""
        digest = hashlib.sha256(authorization[0]).digest() if len(authorization) == 1 else b""
        client = self._checked.get(digest)
        if client is None:
            client = await self._check(bearer(authorization))
            seconds_left = client.expires_at - clock.now().timestamp()
            self._checked.put(digest, client, min(CHECKED_SECONDS, seconds_left))
        return client

    async def _check(self, token: str) -> Client:
        header, unverified_claims = unverified(token)
        issuer = self._issuers.get(str(unverified_claims.get("iss")))
        key_id = header.get("kid")
        if issuer is None or header.get("alg") not in issuer.algorithms or not isinstance(key_id, str):
            raise TokenNotValid()
        key = await issuer.keys.find(key_id)
        if key is None:
            raise TokenNotValid()
        claims = check_signature(token, key, issuer.algorithms)
        check_times(claims, clock.now().timestamp())
        if not is_for(claims, AUDIENCE):
            raise TokenNotValid()
        return Client(_caller(claims), float(claims["exp"]), Remembered(8))

    def internal_token_for(self, client: Client, audience: str) -> bytes:
        """The `Authorization` value with the internal token of a client for one service. It is minted anew when half of
        its life is over."""
        authorization = client.internal_tokens.get(audience)
        if authorization is None:
            authorization = b"Bearer " + mint(self._signer, claims_of(client.caller), audience).encode()
            client.internal_tokens.put(audience, authorization, REUSED_SECONDS)
        return authorization


def _caller(claims: Mapping[str, Any]) -> Caller:
    """The caller of a valid token. Its `client` is the application: `client_id` (RFC 9068), else `azp`, else `sub`."""
    application = claims.get("client_id") or claims.get("azp") or claims.get("sub")
    caller = caller_of({**claims, "client": application})
    if find_personal_number(caller.subject) is not None:
        raise SubjectIsPersonalNumber()
    return caller
