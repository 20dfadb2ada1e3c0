"""Deploy: keeps a valid token of every persona in a file, for `curl -H @file`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from deploy.identity.personas import PERSONAS
from deploy.launcher.folder import Folder, write_whole

RENEWED_AFTER_SECONDS = 3600.0
"""A token is good for eight hours."""
RETRIED_AFTER_SECONDS = 5.0


async def fetch_token(http: httpx.AsyncClient, identity: str, persona: str) -> str:
    """An access token of a persona. Errors: httpx.HTTPError."""
    form = {"grant_type": "client_credentials", "client_id": persona}
    response = await http.post(f"{identity}/token", data=form)
    response.raise_for_status()
    return str(response.json()["access_token"])


def token_file(folder: Path, persona: str) -> Path:
    """The file with the header line of a persona."""
    return folder / "tokens" / persona


@asynccontextmanager
async def keep_tokens(folder: Folder, identity: str, http: httpx.AsyncClient) -> AsyncIterator[None]:
    """Token files are there, and good, as long as the block runs. Errors: httpx.HTTPError on the first time."""
    await _write_all(folder, identity, http)
    renewing = asyncio.create_task(_renew(folder, identity, http))
    try:
        yield
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing


async def _renew(folder: Folder, identity: str, http: httpx.AsyncClient) -> None:
    pause = RENEWED_AFTER_SECONDS
    while True:
        await asyncio.sleep(pause)
        try:
            await _write_all(folder, identity, http)
            pause = RENEWED_AFTER_SECONDS
        except httpx.HTTPError:
            pause = RETRIED_AFTER_SECONDS


async def _write_all(folder: Folder, identity: str, http: httpx.AsyncClient) -> None:
    folder.below("tokens")
    for persona in PERSONAS:
        token = await fetch_token(http, identity, persona)
        write_whole(token_file(folder.path, persona), f"Authorization: Bearer {token}\n")
