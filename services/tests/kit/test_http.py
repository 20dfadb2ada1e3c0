from typing import Any

import pytest
from fastapi import Request

from services.core.errors import Malformed, StaleVersion, VersionRequired
from services.kit.doors.http import (
    CursorNotValid,
    check_version,
    decode_cursor,
    encode_cursor,
    expected_version,
    next_link,
)


def a_request(query: str = "", **headers: str) -> Request:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/v1/contracts",
        "server": ("service", 80),
        "scheme": "http",
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()],
    }
    return Request(scope)


def test_the_version_is_the_strong_etag_that_was_given() -> None:
    assert expected_version(a_request(if_match='"12"')) == 12


def test_without_if_match_nothing_is_decided() -> None:
    with pytest.raises(VersionRequired):
        expected_version(a_request())


@pytest.mark.parametrize("header", ["12", 'W/"12"', '"12", "13"', "*", '""', '"-1"', '"x"', '"１"'])
def test_another_form_of_if_match_is_refused(header: str) -> None:
    with pytest.raises(Malformed):
        expected_version(a_request(if_match=header))


def test_an_older_version_is_stale_and_so_is_one_that_never_was() -> None:
    check_version(3, 3)
    for other in (2, 4):
        with pytest.raises(StaleVersion):
            check_version(3, other)


def test_a_cursor_comes_back_as_it_was() -> None:
    assert decode_cursor(encode_cursor("2026-11-24", "æøå"), 2) == ("2026-11-24", "æøå")


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!!!", encode_cursor("one"), encode_cursor("a", "b", "c"), encode_cursor("a", "b\0")]
)
def test_a_cursor_that_this_list_did_not_give_is_refused(cursor: str) -> None:
    with pytest.raises(CursorNotValid):
        decode_cursor(cursor, 2)


def test_the_link_to_the_next_page_keeps_what_was_asked_for() -> None:
    request = a_request("state=verified&cursor=old&limit=5")
    assert next_link(request, "new") == {"link": '</v1/contracts?state=verified&limit=5&cursor=new>; rel="next"'}
    assert next_link(request, None) == {}
