"""Kit: values to JSON and back, by their types alone; the message of a fault never repeats the input."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictInt, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from services.core.errors import FieldError, Invalid
from services.core.strict_json import loads
from services.core.values import KIND_MARK, KIND_UNKNOWN, camel
from services.kit.doors.allowed import fields_at

T = TypeVar("T")


class ShapeNotAllowed(Invalid):
    """One or more fields are not of the declared shape."""

    code = "shape-not-allowed"


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _calendar_date(document: Any) -> Any:
    """Left to itself, pydantic reads "86400" as a second of 1970, and an instant as its date. A date of our own
    (no JSON document holds one) passes."""
    if type(document) is not date and not (isinstance(document, str) and _DAY.fullmatch(document)):
        raise PydanticCustomError("date", "A calendar date")
    return document


Day = Annotated[date, BeforeValidator(_calendar_date)]
"""A calendar date, `2026-01-31`; never a count of days or seconds."""

Whole = StrictInt
"""A whole number; never text or true and false."""


class Shape(BaseModel):
    """What every door's schema is made from: frozen, lowerCamelCase, nothing unknown."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=camel, validate_by_name=True, validate_by_alias=True
    )


def adapter(shape: Any) -> TypeAdapter[Any]:
    """The reader and writer of one type, made once."""
    return _adapter(shape)


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def read(shape: type[T], document: Any, at: str = "") -> T:
    """A value of `shape` from a parsed JSON document. Errors: `shape-not-allowed` with a pointer a fault,
    each below `at`."""
    return _validated(shape, json.dumps(document), at)


def read_json(shape: type[T], raw: bytes | str) -> T:
    """A value of `shape` from JSON text, read strictly (see `core.strict_json`)."""
    loads(raw)
    return _validated(shape, raw)


def read_trusted(shape: type[T], raw: bytes | str) -> T:
    """As `read_json`, for text that one of our own services wrote: what JSON allows twice is not looked for."""
    return _validated(shape, raw)


def _validated(shape: type[T], raw: bytes | str, at: str = "") -> T:
    try:
        return adapter(shape).validate_json(raw)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise ShapeNotAllowed(errors=field_errors(_faults(error), at, shape)) from None


def _faults(error: ValidationError) -> list[Any]:
    return [*error.errors(include_url=False, include_input=False)]


def document(value: Any) -> Any:
    """The JSON document of a value: lowerCamelCase, what is None left out."""
    return adapter(type(value)).dump_python(value, mode="json", by_alias=True, exclude_none=True)


def text(value: Any) -> bytes:
    """The JSON text of a value: lowerCamelCase, what is None left out."""
    return adapter(type(value)).serializer.to_json(value, by_alias=True, exclude_none=True)


def schema(shape: Any) -> dict[str, Any]:
    """The JSON Schema of a type, as it stands on the wire."""
    return adapter(shape).json_schema(by_alias=True)


def field_errors(faults: Sequence[Mapping[str, Any]], at: str = "", shape: Any = None) -> tuple[FieldError, ...]:
    """pydantic's faults as ours: a JSON pointer, a stable code, a sentence that says what is allowed. Where a field is
    unknown it names those of that place in `shape`; in the first of very many such faults."""
    errors, left = [], MOST_LISTED
    for fault in faults:
        code, sentence = _said(fault)
        if code == UNKNOWN and shape is not None and left:
            left -= 1
            names = fields_at(shape, fault["loc"][:-1])
            sentence += f" Allowed here: {', '.join(names)}." if names else ""
        errors.append(FieldError(at + pointer(_place(fault)), code, sentence))
    return tuple(errors)


def _place(fault: Mapping[str, Any]) -> list[int | str]:
    """Where the fault is; the kinds of what it lies in are no steps of the document."""
    steps = [step for step in fault["loc"] if not str(step).startswith(KIND_MARK)]
    return [*steps, fault["ctx"]["field"]] if fault["type"] == KIND_UNKNOWN else steps


def pointer(path: Sequence[int | str]) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


UNKNOWN = "field-unknown"
MOST_LISTED = 50
"""In so many faults at most it is listed what is allowed."""
_PLAIN: tuple[tuple[str, str, str], ...] = (
    ("missing", "field-missing", "This field is required."),
    ("extra_forbidden", UNKNOWN, "There is no such field here."),
    ("unexpected_keyword", UNKNOWN, "There is no such field here."),
    ("datetime", "instant-not-valid", 'An instant in UTC, such as "2026-01-31T12:00:00Z".'),
    ("date", "date-not-valid", 'A calendar date, such as "2026-01-31".'),
    ("uuid", "id-not-valid", "A UUID, as it was given."),
    ("string_type", "text-expected", "Text, in quotation marks."),
    ("bool", "truth-expected", "true or false."),
    ("int", "integer-expected", "A whole number, without quotation marks."),
    ("list", "list-expected", "A list."),
    ("tuple", "list-expected", "A list."),
    ("dict", "object-expected", "An object."),
    ("model", "object-expected", "An object."),
    ("dataclass", "object-expected", "An object."),
)
"""Where the type of a fault begins so: its code here, and what would be allowed."""


def _said(fault: Mapping[str, Any]) -> tuple[str, str]:
    for beginning, code, sentence in _PLAIN:
        if fault["type"].startswith(beginning):
            return code, sentence
    code = str(fault["type"]).replace("_", "-").replace(".", "-")
    if fault["type"] == "string_pattern_mismatch":
        return code, f"Must match {fault['ctx']['pattern']}."
    return code, str(fault["msg"]).removeprefix("Value error, ").rstrip(".") + "."
