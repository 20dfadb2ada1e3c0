"""Deploy: access tokens of the personas, from the token issuer for development; renewed before they expire."""

import time

import httpx

RENEWED_BEFORE_SECONDS = 60.0


class Tokens:
    """The access token of one persona, the same one until it is about to expire."""

    def __init__(self, http: httpx.Client, persona: str) -> None:
        """`http` has the issuer as its base."""
        self._http, self._persona = http, persona
        self._token = ""
        self._renew_at = 0.0

    def __call__(self) -> str:
        """An access token. Errors: httpx.TransportError; httpx.HTTPStatusError for a persona that is not known."""
        if time.monotonic() >= self._renew_at:
            form = {"grant_type": "client_credentials", "client_id": self._persona}
            answer = self._http.post("/token", data=form)
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
            self._renew_at = time.monotonic() + answer.json()["expires_in"] - RENEWED_BEFORE_SECONDS
        return self._token
