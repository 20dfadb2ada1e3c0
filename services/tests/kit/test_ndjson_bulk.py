"""Tests: the bulk door, behind a service of one upload: what is kept, and what is answered."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from services.kit.database.database import DatabaseUnavailable, OutcomeUnknown
from services.kit.doors import bulk as bulk_door
from services.kit.doors.ndjson import LINE_LIMIT
from services.kit.process.settings import ServiceSettings
from services.kit.testing import Doors, Urls, as_admin, open_doors

from .ndjson_notes import NDJSON, PATH, STRANGER, Work, about, kept, lines, results, send


@pytest.fixture
async def doors(kit_database: Urls, tmp_path: Path) -> AsyncIterator[Doors]:
    async with open_doors(about(tmp_path), ServiceSettings, kit_database, tmp_path) as doors:
        doors.app.state.work = Work()
        yield doors


async def test_each_row_has_a_result_line_in_order_and_a_summary_ends_them(doors: Doors, kit_database: Urls) -> None:
    answer = await send(doors, lines(["one", "no", "two words", "three"]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, NDJSON)
    rows, summary = results(answer.content)
    seven = str(UUID(int=7))
    assert rows == [
        {"line": 1, "text": "one", "result": "created", "id": seven},
        {
            "line": 2,
            "text": "no",
            "result": "refused",
            "code": "note-not-wanted",
            "detail": "This clashes with what stands already",
        },
        {"line": 3, "result": "created", "id": seven},
        {"line": 4, "text": "three", "result": "created", "id": seven},
    ]
    assert summary == {"created": 3, "replayed": 0, "refused": 1, "failed": 0}
    assert await kept(kit_database) == ["one", "two words", "three"]
    assert [row["operation"] for row in await as_admin(kit_database, "select operation from audit")] == ["take_notes"]


async def test_what_is_wrong_with_a_row_stops_no_other(doors: Doors, kit_database: Urls) -> None:
    body = b'{"text":"one"}\r\n{"text":\n\n{"text":"\xff"}\n{"text":"' + b"x" * LINE_LIMIT + b'"}\n[]\n{"text":"last"}'
    rows, summary = results((await send(doors, body)).content)
    assert [(row["line"], row.get("code")) for row in rows] == [
        (1, None),
        (2, "json-not-readable"),
        (4, "json-not-readable"),
        (5, "line-too-long"),
        (6, "shape-not-allowed"),
        (7, None),
    ]
    assert summary["created"] == 2
    assert await kept(kit_database) == ["one", "last"]


async def test_a_fault_in_a_field_is_pointed_to_and_never_repeated(doors: Doors) -> None:
    answer = await send(doors, b'{"text":1,"canary":"2110625629"}\n{"text":"canary 211062-5629"}\n{"texts":"canary"}\n')
    assert b"canary" not in answer.content.replace(b'"pointer":"/canary"', b"")
    assert b"5629" not in answer.content
    rows, _ = results(answer.content)
    assert [row["code"] for row in rows] == ["personal-number", "personal-number", "shape-not-allowed"]
    assert {fault["pointer"] for fault in rows[1]["errors"]} == {"/text"}


async def test_nothing_sent_is_nothing_kept(doors: Doors) -> None:
    assert results((await send(doors, b"\n")).content) == (
        [],
        {"created": 0, "replayed": 0, "refused": 0, "failed": 0},
    )


async def test_who_may_not_is_refused_before_anything_is_read(doors: Doors, kit_database: Urls) -> None:
    answer = await doors.as_(STRANGER).post(PATH, content=lines(["one"]), headers={"Content-Type": NDJSON})
    assert (answer.status_code, answer.json()["code"]) == (403, "stranger")
    (row,) = await as_admin(kit_database, "select outcome from audit")
    assert row["outcome"] == "stranger"


async def test_the_media_type_says_which_twin_is_meant(doors: Doors) -> None:
    assert (await send(doors, b"{}", media_type="application/json")).json() == "one"
    assert (await send(doors, b"", media_type="Application/X-NDJSON; charset=utf-8")).status_code == 200
    refused = await send(doors, b"{}", "/v1/only-many", "application/json")
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported-media-type")


async def test_rows_are_written_in_chunks(doors: Doors, kit_database: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_door, "CHUNK_ROWS", 10)
    texts = [f"note {number}" for number in range(95)]
    rows, _ = results((await send(doors, lines(texts))).content)
    assert [row["line"] for row in rows] == list(range(1, 96))
    assert doors.app.state.work.chunks == [10] * 9 + [5]
    assert await kept(kit_database) == texts


async def test_a_row_that_fails_in_the_database_fails_alone(doors: Doors, kit_database: Urls) -> None:
    texts = [f"note {number}" for number in range(20)]
    texts[7] = "poison"
    rows, summary = results((await send(doors, lines(texts))).content)
    assert summary == {"created": 19, "replayed": 0, "refused": 0, "failed": 1}
    assert rows[7] == {
        "line": 8,
        "text": "poison",
        "result": "failed",
        "code": "internal-error",
        "detail": "Something went wrong on our side",
    }
    assert await kept(kit_database) == [note for note in texts if note != "poison"]


async def test_rows_fail_while_the_database_is_away_and_may_be_sent_again(doors: Doors) -> None:
    doors.app.state.work.fails = [DatabaseUnavailable()]
    rows, summary = results((await send(doors, lines(["one", "two"]))).content)
    assert {row["code"] for row in rows} == {"database-unavailable"}
    assert summary["failed"] == 2
    assert results((await send(doors, lines(["one", "two"]))).content)[1]["created"] == 2


async def test_a_commit_nobody_knows_of_is_tried_once_more(doors: Doors) -> None:
    doors.app.state.work.fails = [OutcomeUnknown()]
    assert results((await send(doors, lines(["one"]))).content)[1]["created"] == 1
    doors.app.state.work.fails = [OutcomeUnknown(), OutcomeUnknown()]
    assert results((await send(doors, lines(["one"]))).content)[1]["failed"] == 1
