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
    plain = normal(document)
    return _SIMPLE.encode(plain).encode() if _is_simple(plain) else rfc8785.dumps(plain)


def _is_simple(document: Any) -> bool:
    """Whether Python's own encoder writes the same: ASCII alone, whose order is the same in every encoding, and whole
    numbers that every reader can hold. It is several times faster."""
    match document:
        case str():
            return document.isascii()
        case bool() | None:
            return True
        case int():
            return -_LARGEST <= document <= _LARGEST
        case dict():
            return all(isinstance(key, str) and key.isascii() and _is_simple(child) for key, child in document.items())
        case list():
            return all(_is_simple(child) for child in document)
    return False


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
