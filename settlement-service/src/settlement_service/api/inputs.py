"""Door: the inputs of a settlement as they go out: written page by page, then sent with their digest and length."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from services.core.strict_json import loads
from services.kit.doors import shapes
from settlement_service.api.asking import question
from settlement_service.api.formats import NDJSON, Format
from settlement_service.domain.facts.log import Input
from settlement_service.usecases.get_inputs import Opened, page_of_inputs

PAGE = 500
IN_MEMORY_BYTES = 1024 * 1024
PIECE_BYTES = 64 * 1024


async def inputs_response(request: Request, opened: Opened, format_: Format) -> Response:
    """NDJSON: the head on the first line, then an input a line; JSON: the head with the inputs as its last member.
    It is written to disk first: a slow reader holds no transaction open, and its digest and length go before it."""
    with ExitStack() as until_sent:
        spool = until_sent.enter_context(SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))
        head = shapes.document(opened.given)
        await _write(request, opened, spool, head, lines=format_.media_type == NDJSON)
        size, digest = spool.tell(), await asyncio.to_thread(_digest, spool)
        until_sent.pop_all()  # it stays open, and is closed when it was sent
    headers = {
        "content-length": str(size),
        "content-digest": f"sha-256=:{digest}:",
        "cache-control": "private, no-cache",
        "vary": "accept, authorization",
    }
    return StreamingResponse(_pieces(spool), 200, headers, format_.media_type)


async def _write(request: Request, opened: Opened, spool: IO[bytes], head: dict[str, Any], *, lines: bool) -> None:
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    spool.write(start + b"\n" if lines else start[:-1] + b',"inputs":[')
    position, first = 0, True
    while page := await question(request, lambda tx: page_of_inputs(tx, opened, position, PAGE)):  # noqa: B023
        for each in page:
            row = json.dumps(_row(each, opened), ensure_ascii=False, separators=(",", ":")).encode()
            spool.write(row + b"\n" if lines else (row if first else b"," + row))
            first = False
        position = page[-1].position
    if not lines:
        spool.write(b"]}")


def _row(logged: Input, opened: Opened) -> dict[str, Any]:
    row: dict[str, Any] = {"position": logged.position, "salt": logged.salt.hex(), "input": loads(logged.body)}
    if opened.tree is not None:
        row["proof"] = [node.hex() for node in opened.tree.proof(logged.position)]
    return row


def _digest(spool: IO[bytes]) -> str:
    spool.seek(0)
    return base64.b64encode(hashlib.file_digest(spool, "sha256").digest()).decode()  # type: ignore[arg-type]


async def _pieces(spool: IO[bytes]) -> AsyncIterator[bytes]:
    with spool:
        spool.seek(0)
        while piece := await asyncio.to_thread(spool.read, PIECE_BYTES):
            yield piece
