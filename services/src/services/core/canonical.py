"""Core: one spelling of a JSON document (RFC 8785, texts in NFC, nothing null), and hashes over it."""

import hashlib
import unicodedata
from typing import Any

import rfc8785


def canonical(document: Any) -> bytes:
    """The canonical JSON of a document without nulls: what is signed, hashed and compared."""
    return rfc8785.dumps(normal(document))


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
