"""Core: one spelling of a JSON document (RFC 8785, texts in NFC, nothing null), and hashes over it."""

import hashlib
import unicodedata
from json import JSONEncoder
from typing import Any

import rfc8785

_LARGEST = (1 << 53) - 1
_SIMPLE = JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


def canonical(document: Any) -> bytes:
    """The canonical JSON of a document without nulls: what is signed, hashed and compared."""
    if not _is_simple(document):
        document = normal(document)
        if not _is_simple(document):
            return rfc8785.dumps(document)
    return _SIMPLE.encode(document).encode()


def _is_simple(document: Any) -> bool:
    """Whether Python's own encoder writes the same: ASCII alone, which is normal and whose order is the same in every
    encoding, whole numbers that every reader can hold, and no null. It is several times faster. A document is looked
    at for each fact that comes in: so this is a loop by type."""
    kind = type(document)
    if kind is str:
        return bool(document.isascii())
    if kind is dict:
        return _has_simple_keys(document) and all(map(_is_simple, document.values()))
    if kind is int:
        return bool(-_LARGEST <= document <= _LARGEST)
    return all(map(_is_simple, document)) if kind is list else kind is bool


def _has_simple_keys(document: dict[Any, Any]) -> bool:
    for key in document:  # noqa: SIM110 - without a generator, as each fact is looked at: see `_is_simple`
        if type(key) is not str or not key.isascii():
            return False
    return True


def normal(document: Any) -> Any:
    """The document with every text in Unicode normal form C, and members that are null left out."""
    if isinstance(document, str):
        return unicodedata.normalize("NFC", document)
    if isinstance(document, dict):
        return {normal(key): normal(child) for key, child in document.items() if child is not None}
    if isinstance(document, list | tuple):
        return [normal(child) for child in document]
    return document


def sha256(raw: bytes) -> str:
    """Lower-case hex of the SHA-256 of `raw`."""
    return hashlib.sha256(raw).hexdigest()
