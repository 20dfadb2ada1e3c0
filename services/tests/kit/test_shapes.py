from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from services.kit.shapes import Day, Shape, Whole, field_errors


class Letter(Shape):
    """One of each kind."""

    sent_on: Day
    pages: Whole = 1
    writer: UUID | None = None
    words: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("document", "pointer", "code"),
    [
        ({}, "/sentOn", "field-missing"),
        ({"sentOn": "2026-02-30"}, "/sentOn", "date-not-valid"),
        ({"sentOn": "2026-01-01", "pages": "2"}, "/pages", "integer-expected"),
        ({"sentOn": "2026-01-01", "pages": True}, "/pages", "integer-expected"),
        ({"sentOn": "2026-01-01", "writer": "canary"}, "/writer", "id-not-valid"),
        ({"sentOn": "2026-01-01", "words": ["a", 7]}, "/words/1", "text-expected"),
        ({"sentOn": "2026-01-01", "words": "canary"}, "/words", "list-expected"),
        ({"sentOn": "2026-01-01", "a/b~c": 1}, "/a~1b~0c", "field-unknown"),
        ("canary", "", "object-expected"),
    ],
)
def test_a_fault_names_its_field_and_says_what_is_allowed_without_repeating_anything(
    document: Any, pointer: str, code: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(Letter).validate_python(document)
    (fault,) = field_errors(refusal.value.errors())
    assert (fault.pointer, fault.code) == (pointer, code)
    assert fault.detail.endswith(".")
    assert "canary" not in fault.detail


@pytest.mark.parametrize("sent", ["86400", "2026-01-01T00:00:00", 1767225600, "２０２６-01-01", "20260101", None])
def test_a_day_is_a_calendar_date_and_nothing_that_could_be_read_as_one(sent: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Letter).validate_python({"sentOn": sent})
