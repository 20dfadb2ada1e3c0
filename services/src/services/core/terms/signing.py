"""Core: the bytes that a signature covers: each part salted and hashed, and one root over all."""

import hashlib
from typing import Any

from services.core.canonical import canonical, sha256
from services.core.terms.model import PARTS

SALT_BYTES = 16


def part_hash(salt: bytes, part: bytes) -> str:
    """SHA-256 (hex) over the 16-byte salt and the part's canonical JSON (domain.md, section 2)."""
    return hashlib.sha256(salt + part).hexdigest()


def root_document(contract_id: str, version: int, agreement: dict[str, Any], hashes: dict[str, str]) -> dict[str, Any]:
    """What the root is computed over: the agreement with each part in place of its content as its hash."""
    return {
        "contractId": contract_id,
        "version": version,
        "parties": agreement["parties"],
        "currency": agreement["currency"],
        "timeZone": agreement["timeZone"],
        "periods": {
            "service": agreement["servicePeriod"],
            "outcome": agreement["outcomePeriod"],
            "claimsCloseOn": agreement["claimsCloseOn"],
        },
        "effectiveFrom": agreement["effectiveFrom"],
        "parts": {name: hashes[name] for name in PARTS},
    }


def root_of(document: dict[str, Any]) -> str:
    """SHA-256 (hex) over the canonical JSON of a root document: what every party signs."""
    return sha256(canonical(document))
