"""Domain: items with their hashes, and the hashes over these: of a subject's under one line, of a line, of all.

So `itemsSha256` follows from the hash that is kept of each subject as its facts arrive, however many items there are.
And who sees some of the lines can compute it over these.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from settlement_service.domain.facts.figures import LineKey
from settlement_service.domain.facts.hashes import item_hash, over
from settlement_service.domain.settling.change import Change
from settlement_service.domain.settling.posted_items import item_document


@dataclass(frozen=True, slots=True)
class Sealed:
    """An item of a settlement with the hash over its canonical JSON."""

    item: Change
    sha256: bytes


def sealed(items: Iterable[Change]) -> list[Sealed]:
    """Changes with their hashes, in their order."""
    return [Sealed(item, item_hash(item_document(item))) for item in items]


def line_hashes(items: Iterable[Sealed]) -> dict[LineKey, bytes]:
    """The hash of each line, over those of its subjects; `items` are in their order, in which both stand together."""
    return {
        line: over(map(subject_hash, _by_subject(own))) for line, own in groupby(items, lambda sealed: sealed.item.line)
    }


def items_hash(items: Iterable[Sealed]) -> str:
    """`itemsSha256` (hex) of items in their order."""
    return over(line_hashes(items).values()).hex()


def subject_hash(items: Iterable[Sealed]) -> bytes:
    """The hash over the items of one subject under one line, by date and occurrence."""
    return over(sealed.sha256 for sealed in items)


def _by_subject(items: Iterable[Sealed]) -> Iterable[list[Sealed]]:
    return (list(own) for _, own in groupby(items, lambda sealed: sealed.item.key.item.subject_id))
