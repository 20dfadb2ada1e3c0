"""Deploy: access tokens of the demo's persons, from the token issuer for development; a new one before it ends."""

import time

import httpx

RENEWED_BEFORE_SECONDS = 60.0


class Tokens:
    """The tokens of one persona: the same one until it is about to end."""

    def __init__(self, http: httpx.Client, persona: str) -> None:
        """`http` has the issuer as its base."""
        self._http, self._persona = http, persona
        self._token = ""
        self._good_until = 0.0

    def __call__(self) -> str:
        """An access token. Errors: httpx.TransportError; httpx.HTTPStatusError for a persona that is not known."""
        if time.monotonic() >= self._good_until:
            form = {"grant_type": "client_credentials", "client_id": self._persona}
            answer = self._http.post("/token", data=form)
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
            self._good_until = time.monotonic() + answer.json()["expires_in"] - RENEWED_BEFORE_SECONDS
        return self._token
