"""Tests: the bulk door while an upload goes on: who waits for whom, and who for nobody."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from services.kit.database.transaction import Transaction
from services.kit.doors import bulk as bulk_door
from services.kit.process import clock
from services.kit.process.settings import ServiceSettings
from services.kit.testing import Doors, Urls, eventually, open_doors

from .ndjson_notes import Client, Kept, Note, Work, about, kept, lines, results, send


@pytest.fixture
async def doors(kit_database: Urls, tmp_path: Path) -> AsyncIterator[Doors]:
    async with open_doors(about(tmp_path), ServiceSettings, kit_database, tmp_path) as doors:
        doors.app.state.work = Work()
        yield doors


async def test_a_row_is_answered_while_the_client_has_more_to_send(doors: Doors) -> None:
    client = Client(doors)
    client.send(lines(["one"]) + b'{"text"')
    await client.until_lines(1)
    client.send(b':"two"}\n')
    await client.until_lines(2)
    client.send(b"", more=False)
    await client.task
    assert results(client.answer())[1]["created"] == 2


async def test_a_client_that_reads_nothing_until_it_has_sent_everything_stalls_nothing(
    doors: Doors, kit_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_door, "CHUNK_ROWS", 100)
    monkeypatch.setattr(bulk_door, "SPOOL_IN_MEMORY_BYTES", 1000)
    client = Client(doors)
    client.reads.clear()
    texts = [f"note {number}" for number in range(2000)]
    for start in range(0, 2000, 50):
        client.send(lines(texts[start : start + 50]), more=start < 1950)

    async def all_kept() -> bool:
        return len(await kept(kit_database)) == 2000

    await eventually(all_kept)
    assert client.received == []
    client.reads.set()
    await client.task
    assert results(client.answer())[1]["created"] == 2000


async def test_reading_waits_for_writing(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_door, "CHUNK_ROWS", 10)
    work = doors.app.state.work
    work.go_on.clear()
    client = Client(doors)
    for number in range(10):
        client.send(lines([f"note {number}"] * 10), more=number < 9)
    await asyncio.sleep(0.3)
    assert client.sending.qsize() >= 7
    work.go_on.set()
    await client.task
    assert results(client.answer())[1]["created"] == 100


async def test_what_was_committed_before_the_client_went_away_stays(doors: Doors, kit_database: Urls) -> None:
    client = Client(doors)
    client.send(lines(["one", "two"]))
    await client.until_lines(2)
    client.send(b'{"text":"half')
    client.hang_up()
    await client.task
    assert await kept(kit_database) == ["one", "two"]
    assert b'{"text":"half' not in client.answer()


async def test_a_body_over_the_limit_is_cut_and_told(
    doors: Doors, kit_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_door, "BULK_LIMIT", 100)
    declared = await send(doors, lines(["one"] * 20))
    assert (declared.status_code, declared.json()["code"]) == (413, "too-large")
    client = Client(doors)
    client.send(lines(["one"] * 3))
    client.send(lines(["one"] * 10))
    await client.task
    rows, _ = results(client.answer())
    assert [row.get("code") for row in rows] == [None, None, None, "too-large"]
    assert len(await kept(kit_database)) == 3


async def test_a_long_upload_is_never_held_as_a_whole(doors: Doors) -> None:
    most = 0

    async def count(tx: Transaction, rows: Sequence[Note]) -> list[Kept]:
        nonlocal most
        most = max(most, len(rows))
        return [Kept("replayed", clock.new_id()) for _ in rows]

    doors.app.state.work = count
    _, summary = results((await send(doors, lines(["one"] * 20_000))).content)
    assert summary["replayed"] == 20_000
    assert most == bulk_door.CHUNK_ROWS
