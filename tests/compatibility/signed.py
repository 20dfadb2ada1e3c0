"""Tests: what the parties sign: each part of the terms, salted and hashed, and the root over them."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts_service.domain.terms import Offer, Sealed, seal, signable
from services.core.canonical import canonical
from services.core.terms.model import Agreement
from services.kit.doors import shapes

VERSIONS: dict[str, Any] = json.loads((Path(__file__).parent / "inputs" / "terms.json").read_text())
"""Versions of one contract that say every field and every word of the terms, in the order in which they amend each
other."""
CONTRACT = UUID("00000000-0000-4000-8000-000000000002")
SALTS = {name: hashlib.sha256(name.encode()).digest()[:16] for name in ("outcomes", "payment")}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def agreements() -> list[Agreement]:
    """The versions as values."""
    return [shapes.read(Agreement, document) for document in VERSIONS.values()]


def signed() -> Iterator[tuple[str, bytes]]:
    """The bytes of each version, as contracts-service seals them; and as they are written when they were read."""
    amended: Sealed | None = None
    for number, (name, agreement) in enumerate(zip(VERSIONS, agreements(), strict=True), start=1):
        offer = Offer(agreement, signable(VERSIONS[name]))
        sealed = seal(CONTRACT, number, offer, SALTS, NOW, amended.terms.root_document if amended else None)
        for part, kept in sealed.parts.items():
            yield f"{name}, part {part}", kept.content
            yield f"{name}, hash of part {part}", kept.sha256.encode()
        yield f"{name}, root document", sealed.terms.root_bytes
        yield f"{name}, root", sealed.terms.root.encode()
        yield f"{name}, as values", canonical(shapes.document(agreement))
        yield f"{name}, root document as values", canonical(shapes.document(sealed.terms.root_document))
        amended = sealed
