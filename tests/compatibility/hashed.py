"""Tests: each file of bytes that may never change, and what would stand in it now."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from . import answered, cases, settled, signed, told
from .sections import Sections, sections

BYTES: Mapping[str, Callable[[], Iterator[tuple[str, bytes]]]] = MappingProxyType(
    {
        "signed-terms": signed.signed,
        "events": told.told,
        "inputs": settled.inputs,
        "head-of-inputs": settled.given,
        "items": settled.items,
        "statements": settled.statements,
        "hashes-of-courses": settled.hashes,
        "hashes-of-cases": cases.hashes,
        "http": answered.answered,
    }
)
"""By the name of the file in `snapshots`."""


@cache
def now(name: str) -> Sections:
    """What would stand in that file now."""
    return sections(BYTES[name]())
