from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from services.core.terms.model import Agreement
from services.kit.doors.shapes import Day, Shape, ShapeNotAllowed, Whole, field_errors, read


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


def agreed(**payment: Any) -> dict[str, Any]:
    return {"payment": {"rules": [], **payment}}


@pytest.mark.parametrize(
    ("document", "pointer", "allowed"),
    [
        ({"x": 1}, "/x", "parties, currency, timeZone, "),
        (agreed(x=1), "/payment/x", "rules, caps, split, windows, indices, retention, rounding, retroactive, "),
        (agreed(caps=[{"x": 1}]), "/payment/caps/0/x", "kind, amount, rule, payer, every, "),
        (agreed(caps=[{"amount": {"x": 1}}]), "/payment/caps/0/amount/x", "amount, currency."),
        (agreed(rules=[{"kind": "gate", "x": 1}]), "/payment/rules/0/x", "kind, code, condition, amount, payee, "),
        (agreed(rules=[{"kind": "milestone", "x": 1}]), "/payment/rules/0/x", "kind, code, metric, amount, payee, "),
        (
            agreed(retention={"releaseWhen": {"kind": "all_of", "conditions": [{"kind": "threshold", "x": 1}]}}),
            "/payment/retention/releaseWhen/conditions/0/x",
            "kind, measure, comparator, value, alsoStatedAs, prevails.",
        ),
    ],
)
def test_an_unknown_field_is_told_which_there_are_at_its_place(document: Any, pointer: str, allowed: str) -> None:
    with pytest.raises(ShapeNotAllowed) as refusal:
        read(Agreement, document)
    (said,) = [fault.detail for fault in refusal.value.errors if fault.pointer == pointer]
    assert said.startswith(f"There is no such field here. Allowed here: {allowed}")


@pytest.mark.parametrize("rule", [{"kind": "gift"}, {"kind": 5}, {}, 7])
def test_a_kind_that_is_none_is_told_which_there_are(rule: Any) -> None:
    with pytest.raises(ShapeNotAllowed) as refusal:
        read(Agreement, agreed(rules=[rule]))
    (fault,) = [each for each in refusal.value.errors if each.pointer == "/payment/rules/0/kind"]
    assert (fault.code, fault.detail[:24]) == ("kind-unknown", "One of unit_price, bands")


def test_of_very_many_unknown_fields_the_first_are_told_what_there_is() -> None:
    with pytest.raises(ShapeNotAllowed) as refusal:
        read(Letter, {"sentOn": "2026-01-01", **{f"x{number}": 1 for number in range(60)}})
    said = [fault.detail for fault in refusal.value.errors]
    assert said[:50] == ["There is no such field here. Allowed here: sentOn, pages, writer, words."] * 50
    assert said[50:] == ["There is no such field here."] * 10


@pytest.mark.parametrize("sent", ["86400", "2026-01-01T00:00:00", 1767225600, "２０２６-01-01", "20260101", None])
def test_a_day_is_a_calendar_date_and_nothing_that_could_be_read_as_one(sent: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(Letter).validate_python({"sentOn": sent})
    assert [fault.code for fault in field_errors(refusal.value.errors())] == ["date-not-valid"]
