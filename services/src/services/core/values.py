"""Core: what makes a class a value: frozen, named fields, lowerCamelCase outside, nothing unknown."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


def camel(name: str) -> str:
    """snake_case to lowerCamelCase, the spelling of every JSON key and query parameter."""
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """A frozen dataclass that is read from and written to JSON by its type alone (`services.kit.shapes`)."""
    cls.__pydantic_config__ = {  # type: ignore[attr-defined]
        "extra": "forbid",
        "alias_generator": camel,
        "validate_by_name": False,
        "validate_by_alias": True,
        "strict": True,
    }
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)
