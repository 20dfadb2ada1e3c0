"""Kit: keys remembered: the same command sent again gets the same answer, and happens once."""

import hashlib
import re
from typing import Any

from fastapi import Request
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError

from services.core.canonical import canonical
from services.core.errors import Conflict, FieldError, Invalid, Malformed
from services.core.personal_numbers import find_personal_number
from services.core.strict_json import loads
from services.kit.database.database import sqlstate
from services.kit.database.tables import idempotency
from services.kit.database.transaction import Transaction
from services.kit.doors.http import Reply

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{7,127}", re.ASCII)
LOCK_NOT_AVAILABLE = "55P03"


class IdempotencyKeyNeeded(Malformed):
    """A command without a key, or with one that is not taken."""

    code = "idempotency-key-needed"
    title = "Send an Idempotency-Key"


class IdempotencyKeyReused(Invalid):
    """The key stood for another request."""

    code = "idempotency-key-reused"
    title = "This Idempotency-Key stood for another request"


class TwinAtWork(Conflict):
    """The same command is being carried out at this moment."""

    code = "twin-at-work"
    title = "The same request is being carried out; ask again in a moment"
    retry_after_seconds = 1


def key_of(request: Request) -> str:
    """The header `Idempotency-Key`. Errors: `idempotency-key-needed`."""
    key = request.headers.get("idempotency-key", "")
    if not KEY.fullmatch(key) or find_personal_number(key):
        allowed = "8 to 128 letters, digits and . _ : -, no person's number, not used before, such as a UUID."
        raise IdempotencyKeyNeeded(errors=[FieldError("Idempotency-Key", IdempotencyKeyNeeded.code, allowed)])
    return key


def fingerprint(request: Request, body: bytes) -> bytes:
    """SHA-256 over method, path and body; two spellings of one JSON document are the same body."""
    document: Any = canonical(loads(body)) if body else b""
    return hashlib.sha256(f"{request.method}\n{request.url.path}\n".encode() + document).digest()


async def earlier_answer(tx: Transaction, key: str, mark: bytes) -> Reply | None:
    """The answer that this key got, or None when it is new (and from now on ours). Errors: `idempotency-key-reused`
    when it stood for another request, `twin-at-work` when that is not finished."""
    taken = upsert(idempotency).values(
        organisation_id=tx.caller.organisation, key=key, fingerprint=mark, recorded_at=tx.now
    )
    try:
        result = await tx.connection.execute(taken.on_conflict_do_nothing())
    except DBAPIError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise TwinAtWork() from None
        raise
    if result.rowcount == 1:
        return None
    row = (await tx.connection.execute(select(idempotency).where(_is(tx, key)))).one()
    if row.fingerprint != mark:
        allowed = "A new key for a new request."
        raise IdempotencyKeyReused(errors=[FieldError("Idempotency-Key", IdempotencyKeyReused.code, allowed)])
    return Reply(row.status, headers={**row.headers, "idempotency-replayed": "true"}, raw=row.body)


async def remember(tx: Transaction, key: str, reply: Reply) -> None:
    """Keeps what the key got, in the transaction of the change."""
    kept = {"status": reply.status, "headers": dict(reply.headers), "body": reply.body()}
    await tx.connection.execute(update(idempotency).where(_is(tx, key)).values(kept))


def _is(tx: Transaction, key: str) -> Any:
    return (idempotency.c.organisation_id == tx.caller.organisation) & (idempotency.c.key == key)
