"""Kit: many texts or ids as one parameter of a statement."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, any_, cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID


def column(texts: Collection[str]) -> str:
    """A column of texts, one a line: `string_to_array($1, E'\\n')` in the statement, with '' as a third argument where
    an empty line is null. As an array it would cost three times as much: the driver asks each element what it is.
    Errors: ValueError for a text that holds a line feed."""
    joined = "\n".join(texts)
    if texts and joined.count("\n") != len(texts) - 1:
        raise ValueError("a text holds a line feed")
    return joined


def lists_column(lists: Collection[Collection[str]]) -> str:
    """A column of lists of texts, one list a line, which `list_in` reads. No text holds the character between two."""
    return column([_BETWEEN.join(texts) for texts in lists])


def list_in(name: str) -> str:
    """The list in a column `name` of lists, in a statement. A column that is one empty text is read as none at all."""
    return f"string_to_array(coalesce({name}, ''), E'\\x1f')"


_BETWEEN = "\x1f"


def among(ids_of: Column[Any], ids: Collection[UUID]) -> ColumnElement[bool]:
    """The condition that a column holds one of the ids: one parameter however many they are."""
    return ids_of == any_(cast(list(ids), ARRAY(PG_UUID(as_uuid=True))))
