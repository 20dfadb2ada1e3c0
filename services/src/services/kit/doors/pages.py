"""Kit: lists, page by page, in the order of a key."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query, Request, Response

from services.core.errors import FieldError
from services.core.ids import ORGANISATION_ID_PATTERN
from services.kit.doors.http import PAGE_LIMIT, CursorNotValid, Reply, decode_cursor, encode_cursor, next_link
from services.kit.doors.shapes import Shape

T = TypeVar("T")
K = TypeVar("K")

FIRST_LIMIT = 100
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Items on a page")]
Cursor = Annotated[str | None, Query(max_length=500, description="`nextCursor` of the page before")]


def after(cursor: str | None, parts: int, read: Callable[..., K], first: K) -> K:
    """The key after which the page begins: `first` without a cursor. Errors: `cursor-not-valid`."""
    if cursor is None:
        return first
    try:
        return read(*decode_cursor(cursor, parts))
    except ValueError:
        allowed = "A nextCursor as it was given."
        raise CursorNotValid(errors=[FieldError("?cursor", CursorNotValid.code, allowed)]) from None


def number_key(text: str) -> int:
    """A count in a cursor: at most nine digits. Errors: ValueError."""
    return _matching("[0-9]{1,9}", text, int)


def row_key(text: str) -> int:
    """The number of a row in a cursor: at most eighteen digits. Errors: ValueError."""
    return _matching("[0-9]{1,18}", text, int)


def organisation_key(text: str) -> str:
    """An organisation id in a cursor. Errors: ValueError."""
    return _matching(ORGANISATION_ID_PATTERN, text, str)


def _matching(pattern: str, text: str, read: Callable[[str], K]) -> K:
    if not re.fullmatch(pattern, text, re.ASCII):
        raise ValueError("not a key of this list")
    return read(text)


def page(
    request: Request,
    rows: Sequence[T],
    limit: int,
    key: Callable[[T], tuple[str, ...]],
    shape: Callable[[Sequence[T], str | None], Shape],
) -> Response:
    """The answer to a list that was asked for `limit + 1` items: one more says that there is a next page."""
    items = rows[:limit]
    cursor = encode_cursor(*key(items[-1])) if len(rows) > limit else None
    return Reply(200, shape(items, cursor), next_link(request, cursor)).response()
