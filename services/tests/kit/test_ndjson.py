"""Tests: a body becomes lines, and a line a row, however it comes and whatever is wrong with others."""

import json
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.core.errors import Refusal
from services.core.strict_json import JsonNotReadable, loads
from services.kit.doors.ndjson import LINE_LIMIT, Line, Lines, read_document, read_row
from services.kit.doors.shapes import Day, Shape


class Sent(Shape):
    """A row."""

    own_id: str
    on: Day
    count: str = "1"


GOOD = b'{"ownId":"a","on":"2026-01-31"}'


def lines_of(*pieces: bytes) -> list[Line]:
    lines = Lines()
    return [*(line for piece in pieces for line in lines.feed(piece)), *lines.end()]


def code_of(raw: bytes) -> str:
    document, value = read_row(Sent, raw)
    assert isinstance(value, Refusal)
    assert document is None or isinstance(document, dict | int)
    return value.code


def test_an_unknown_field_of_a_row_is_told_which_there_are() -> None:
    _, refusal = read_row(Sent, b'{"ownId":"a","on":"2026-01-31","more":"1"}')
    assert isinstance(refusal, Refusal)
    (fault,) = refusal.errors
    assert fault.pointer == "/more"
    assert fault.detail == "There is no such field here. Allowed here: ownId, on, count."


def test_lines_end_with_lf_or_crlf_and_the_last_one_need_not() -> None:
    assert lines_of(b"one\ntwo\r\nthree") == [(1, b"one"), (2, b"two"), (3, b"three")]


def test_blank_lines_are_counted_and_left_out() -> None:
    assert lines_of(b"\n  \r\n\t\none\n\n") == [(4, b"one")]
    assert lines_of(b"") == []


def test_a_line_over_the_limit_is_told_and_the_next_one_counts() -> None:
    long = b"x" * LINE_LIMIT
    assert lines_of(long + b"\none") == [(1, long), (2, b"one")]
    assert lines_of(long + b"x\none") == [(1, None), (2, b"one")]
    assert lines_of(long, b"x") == [(1, None)]


def test_a_line_that_never_ends_is_not_kept() -> None:
    lines = Lines()
    for _ in range(100):
        assert lines.feed(b"x" * LINE_LIMIT) == []
        assert len(lines._rest) <= LINE_LIMIT
    assert lines.feed(b"\n") == [(1, None)]


@given(
    st.lists(st.sampled_from([b"one", b"", b"\r", b" ", b"x" * (LINE_LIMIT - 1), b"x" * LINE_LIMIT, b"x" * 70_000])),
    st.lists(st.integers(min_value=0, max_value=300_000), max_size=12),
    st.booleans(),
)
def test_any_pieces_of_one_body_are_the_same_lines(parts: list[bytes], cuts: list[int], ended: bool) -> None:
    body = b"\n".join(parts) + b"\n" * ended
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(places)]
    assert lines_of(*pieces) == lines_of(body)


@given(st.lists(st.binary(max_size=12), max_size=12), st.integers(min_value=1, max_value=7))
def test_any_bytes_cut_anywhere_are_the_same_lines(parts: list[bytes], step: int) -> None:
    body = b"\n".join(parts)
    assert lines_of(*(body[at : at + step] for at in range(0, len(body), step))) == lines_of(body)


def test_a_row_is_read_by_its_shape() -> None:
    document, row = read_row(Sent, GOOD)
    assert document == json.loads(GOOD)
    assert row == Sent(own_id="a", on=date(2026, 1, 31))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "json-not-readable"),
        (b'{"ownId":"a","on":"2026-01-31"', "json-not-readable"),
        (b'{"ownId":"a","on":"2026-01-31"} {}', "json-not-readable"),
        (b'{"ownId":"a","ownId":"a","on":"2026-01-31"}', "json-not-readable"),
        (b'{"ownId":NaN,"on":"2026-01-31"}', "json-not-readable"),
        (b'{"ownId":"a","on":"2026-01-31","count":1e3}', "json-not-readable"),
        (b'{"ownId":"a","on":"2026-01-31","count":1.0}', "json-not-readable"),
        (b'{"ownId":"\\u0000","on":"2026-01-31"}', "json-not-readable"),
        (b'{"ownId":"\\ud800","on":"2026-01-31"}', "json-not-readable"),
        (b'{"ownId":"\xff","on":"2026-01-31"}', "json-not-readable"),
        (b"\xef\xbb\xbf" + GOOD, "json-not-readable"),
        (b"[" * 100 + b"]" * 100, "json-not-readable"),
        (b"12", "shape-not-allowed"),
        (b'{"ownId":"a"}', "shape-not-allowed"),
        (b'{"own_id":"a","on":"2026-01-31"}', "shape-not-allowed"),
        (b'{"ownId":"a","on":"2026-01-31","more":"x"}', "shape-not-allowed"),
        (b'{"ownId":"a","on":"2026-02-30"}', "shape-not-allowed"),
        (b'{"ownId":"a","on":"86400"}', "shape-not-allowed"),
        (b'{"ownId":"a","on":"2026-01-31","count":1}', "shape-not-allowed"),
        (b'{"ownId":"x 2110625629","on":"2026-01-31"}', "personal-number"),
        (b'{"ownId":"x\\u00202110625629","on":"2026-01-31"}', "personal-number"),
        (b'{"ownId":"a","on":"211062-5629"}', "personal-number"),
        (b'{"2110625629":"a"}', "personal-number"),
    ],
)
def test_a_row_that_is_not_as_it_should_be_is_refused(raw: bytes, code: str) -> None:
    assert code_of(raw) == code


def read_by(read: Callable[[bytes], Any], raw: bytes) -> Any:
    try:
        return read(raw)
    except JsonNotReadable as refusal:
        return refusal.detail


PARTS = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    '"',
    '"a"',
    '"b"',
    '"a":"b"',
    '{"a":"b"}',
    "1",
    "null",
    "NaN",
    "1e3",
    "\\",
    "\\u0000",
    "å",
    "\x00",
    "\x7f",
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
@example('{"a":"b","a":"b"}')
@example('{"a":1,"a":"b"}')
@example('{"a":"b","a":1}')
@example('{"a":{"b":"b"},"a":"b"}')
@example('{"a":"b"} {"a":"b"}')
@example('{"a":"\x01"}')
def test_the_fast_way_to_read_a_row_is_as_strict_as_the_thorough_one(text: str) -> None:
    assert read_by(read_document, text.encode()) == read_by(loads, text.encode())


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=8), st.integers(-9, 9), st.none()), max_size=4))
def test_whatever_is_an_object_is_read_the_same_either_way(document: dict[str, Any]) -> None:
    for ascii_only in (True, False):
        raw = json.dumps(document, ensure_ascii=ascii_only).encode()
        assert read_by(read_document, raw) == read_by(loads, raw)


def test_nothing_of_a_row_is_repeated() -> None:
    for raw in (b'{"ownId":"canary"', b'{"ownId":"canary","on":"canary"}', b'{"ownId":"canary 2110625629"}'):
        _, value = read_row(Sent, raw)
        assert isinstance(value, Refusal)
        assert "canary" not in f"{value.detail} {value.errors}"
        assert "2110625629" not in f"{value.detail} {value.errors}"
