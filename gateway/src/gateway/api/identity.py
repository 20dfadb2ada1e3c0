"""Door: who is asking: tokens of clients are checked here, and exchanged for the gateway's own word."""

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
"""A token that was checked is taken for so long without looking again, and never past its end."""


class SubjectIsPersonalNumber(Unauthenticated):
    """The issuer names people by a number that Enzym must never be given."""

    code = "subject-is-personal-number"
    title = "This token names a person by a personal number; its issuer must use another subject"


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """One issuer: its keys, and the algorithms that it is known to sign with."""

    keys: PublicKeys
    algorithms: Sequence[str]


@dataclass(slots=True)
class Client:
    """A caller whose token holds, and the internal tokens that were minted for it, by audience."""

    caller: Caller
    expires_at: float
    internal: Remembered[bytes]


class Clients:
    """Knows the clients by their tokens."""

    def __init__(self, issuers: Mapping[str, TrustedIssuer], signer: Signer) -> None:
        self._issuers, self._signer = issuers, signer
        self._checked: Remembered[Client] = Remembered(8192)

    async def identify(self, authorization: Sequence[bytes]) -> Client:
        """The client behind the values of the Authorization headers. Errors: Unauthenticated; `keys-unavailable`
        when the issuer cannot be asked for a key that is not known."""
        digest = hashlib.sha256(authorization[0]).digest() if len(authorization) == 1 else b""
        client = self._checked.get(digest)
        if client is None:
            client = await self._check(bearer(authorization))
            left = client.expires_at - clock.now().timestamp()
            self._checked.put(digest, client, min(CHECKED_SECONDS, left))
        return client

    async def _check(self, token: str) -> Client:
        header, said = unverified(token)
        issuer = self._issuers.get(str(said.get("iss")))
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

    def word_for(self, client: Client, audience: str) -> bytes:
        """The `Authorization` value that tells a service who asks; minted anew when half of its life is over."""
        word = client.internal.get(audience)
        if word is None:
            word = b"Bearer " + mint(self._signer, claims_of(client.caller), audience).encode()
            client.internal.put(audience, word, REUSED_SECONDS)
        return word


def _caller(claims: Mapping[str, Any]) -> Caller:
    """`client` is what the issuer calls the application: `client_id` (RFC 9068), else `azp`, else the subject."""
    application = claims.get("client_id") or claims.get("azp") or claims.get("sub")
    caller = caller_of({**claims, "client": application})
    if find_personal_number(caller.subject) is not None:
        raise SubjectIsPersonalNumber()
    return caller
