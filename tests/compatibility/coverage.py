"""Tests: which fields and words of a shape stand in values of it, and which do not."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

Shape: TypeAlias = type[Any]


def missing(shapes: Iterable[Shape], values: Iterable[Any]) -> list[str]:
    """Fields of the shapes, and of all shapes in them, that no value says; and words (of a list of fixed texts) that
    no field of that name says."""
    wanted_fields, wanted_words = _wanted(shapes)
    said_fields, said_words = set(), set()
    for value in values:
        for shape, name, texts in _told_fields(value):
            said_fields.add((shape, name))
            said_words |= {(name, word) for word in texts}
    absent = [f"{shape.__name__}.{name}" for shape, name in wanted_fields - said_fields]
    return sorted([*absent, *(f"{name} = {word}" for name, word in wanted_words - said_words)])


def _wanted(shapes: Iterable[Shape]) -> tuple[set[tuple[Shape, str]], set[tuple[str, str]]]:
    names, words, left, known = set(), set(), [*shapes], set[Shape]()
    while left:
        shape = left.pop()
        if shape in known:
            continue
        known.add(shape)
        for name, hint in get_type_hints(shape).items():
            names.add((shape, name))
            for part in _parts(hint):
                if get_origin(part) is Literal:
                    words |= {(name, word) for word in get_args(part)}
                elif is_dataclass(part):
                    left.append(part)  # type: ignore[arg-type]
    return names, words


def _parts(hint: Any) -> Iterator[Any]:
    """A type and all that it is made of."""
    yield hint
    if get_origin(hint) is not Literal:
        for part in get_args(hint):
            yield from _parts(part)


def _told_fields(value: Any) -> Iterator[tuple[Shape, str, list[str]]]:
    """Each field of a value, and of the values in it, that is not left out; with the texts that it says."""
    if isinstance(value, tuple | list):
        for element in value:
            yield from _told_fields(element)
    elif is_dataclass(value):
        for field in fields(value):
            field_value = getattr(value, field.name)
            if field_value is not None:
                yield (
                    type(value),
                    field.name,
                    [
                        element
                        for element in (field_value if isinstance(field_value, tuple) else [field_value])
                        if element.__class__ is str
                    ],
                )
                yield from _told_fields(field_value)
