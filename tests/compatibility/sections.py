"""Tests: bytes that may never change, as they are kept: sections by name, one file a kind."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

SNAPSHOTS = Path(__file__).parent / "snapshots"
HEAD = b"== "
AROUND = 60
"""Bytes that are told around the first one that is another."""

Sections: TypeAlias = dict[str, bytes]


def sections(rows: Iterable[tuple[str, bytes]]) -> Sections:
    """Sections in their order. A name stands once."""
    sections: Sections = {}
    for name, raw in rows:
        assert name not in sections, f"{name} stands twice"
        assert b"\n" + HEAD not in b"\n" + raw, f"{name} cannot be told from a head"
        sections[name] = raw
    return sections


def plain(document: object) -> bytes:
    """JSON as its members stand, for what is kept to be looked at."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def read(file: Path) -> Sections:
    """What is kept in a file; nothing where there is none."""
    if not file.exists():
        return {}
    parts = (b"\n" + file.read_bytes()).removesuffix(b"\n").split(b"\n" + HEAD)[1:]
    return {name.decode(): raw for name, _, raw in (part.partition(b"\n") for part in parts)}


def write(file: Path, sections: Mapping[str, bytes]) -> None:
    """Keeps sections: a head, then the bytes and a line feed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(HEAD + name.encode() + b"\n" + raw + b"\n" for name, raw in sections.items()))


def other_than(kept: Mapping[str, bytes], now: Mapping[str, bytes]) -> Iterator[str]:
    """Sentences: what was kept and is not the same now. What is new is none of them."""
    for name, raw in kept.items():
        if name not in now:
            yield f"{name}: is gone"
        elif now[name] != raw:
            yield f"{name}: {_first_difference(raw, now[name])}"


def _first_difference(old: bytes, new: bytes) -> str:
    at = next(
        (at for at, (character, other) in enumerate(zip(old, new, strict=False)) if character != other),
        min(len(old), len(new)),
    )
    start, end = max(0, at - AROUND), at + AROUND
    return f"from byte {at} on\n    was {old[start:end]!r}\n    is  {new[start:end]!r}"
