"""Core: what makes a class a value: frozen, named fields, lowerCamelCase outside, nothing unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform, get_args

T = TypeVar("T")


def camel(name: str) -> str:
    """snake_case to lowerCamelCase, the spelling of every JSON key and query parameter."""
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """A frozen dataclass that is read from and written to JSON by its type alone (`services.kit.doors.shapes`)."""
    cls.__pydantic_config__ = {  # type: ignore[attr-defined]
        "extra": "forbid",
        "alias_generator": camel,
        "validate_by_name": False,
        "validate_by_alias": True,
        "strict": True,
    }
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


class ByKind:
    """Marks a union of values that differ by one field of fixed texts, their first: `Annotated[A | B, BY_KIND]`. What
    is read is of the kind that it says, and faults are told of that kind alone."""

    def __get_pydantic_core_schema__(self, union: Any, handler: Any) -> Mapping[str, Any]:
        """How the reader of values is told, in its own words and without knowing it (`services.kit.doors.shapes`)."""
        field = _field_of(get_args(union)[0])
        kinds = {kind: shape for shape in get_args(union) for kind in _kinds_of(shape)}
        return {
            "type": "tagged-union",
            "discriminator": lambda document: _said_kind(document, field),
            "choices": {KIND_MARK + kind: handler.generate_schema(shape) for kind, shape in kinds.items()},
            "custom_error_type": KIND_UNKNOWN,
            "custom_error_message": f"One of {', '.join(kinds)}.",
            "custom_error_context": {"field": field},
        }


BY_KIND = ByKind()
KIND_UNKNOWN = "kind-unknown"
"""The code of a fault: the field that says the kind says none of the union, or is not there."""
KIND_MARK = "\x00"
"""What a kind begins with where a fault tells its place: no JSON that is read has it, so it can be told apart."""


def _field_of(shape: Any) -> str:
    fields: dict[str, Any] = shape.__dataclass_fields__
    return next(iter(fields))


def _kinds_of(shape: Any) -> tuple[str, ...]:
    return get_args(shape.__annotations__[_field_of(shape)])


def _said_kind(document: Any, field: str) -> str | None:
    kind = document.get(field) if isinstance(document, dict) else getattr(document, field, None)
    return KIND_MARK + kind if isinstance(kind, str) else None
