"""Core: JSON as Enzym reads it: nothing that two parsers could understand differently."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from services.core.errors import Malformed

MAX_INTEGER_DIGITS = 15
"""What every JSON reader holds exactly (RFC 8785, appendix D: below 2^53), so that canonical JSON exists."""
MAX_DEPTH = 32


class JsonNotReadable(Malformed):
    """Not JSON, or JSON that two parsers could read differently."""

    code = "json-not-readable"
    title = "The body is not JSON as it is read here"


def _refuse_constant(_: str) -> NoReturn:
    raise JsonNotReadable("NaN and Infinity are not numbers in JSON; leave the field out or send a decimal string.")


def _refuse_fraction(_: str) -> NoReturn:
    raise JsonNotReadable('Numbers are plain integers; amounts and quantities are decimal strings such as "12.50".')


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise JsonNotReadable(f"Integers have at most {MAX_INTEGER_DIGITS} digits.")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise JsonNotReadable("A key stands twice in one object; each key may stand once.")
    return result


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_refuse_constant,
    parse_float=_refuse_fraction,
    parse_int=_integer,
)


def loads(raw: bytes | str) -> Any:
    """Reads one JSON document. Refuses (`json-not-readable`) duplicate keys, NaN, Infinity, fractions and
    exponents (quantities are strings), integers over 15 digits, NUL, lone surrogates, bytes that are not UTF-8,
    a byte order mark, and nesting deeper than 32. Never repeats what was sent."""
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonNotReadable("The body must be UTF-8.") from None
    try:
        document = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonNotReadable(f"Not JSON: line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise JsonNotReadable(f"Nested deeper than {MAX_DEPTH}.") from None
    if text.count("{") + text.count("[") > MAX_DEPTH and _deeper_than(document, MAX_DEPTH):
        raise JsonNotReadable(f"Nested deeper than {MAX_DEPTH}.")
    if "\\u" in text or not text.isprintable():
        _check_characters(document)
    return document


def strings_in(document: Any) -> Iterator[str]:
    """Every string of a JSON document, keys included, in no promised order."""
    stack = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            yield from node.keys()
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def _check_characters(document: Any) -> None:
    for text in strings_in(document):
        if "\x00" in text:
            raise JsonNotReadable("The NUL character is not allowed.")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise JsonNotReadable("Half a surrogate pair is not a character.") from None


def _deeper_than(document: Any, depth: int) -> bool:
    level = [document]
    for _ in range(depth):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True
