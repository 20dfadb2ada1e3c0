"""Door: the JSON shapes of terms and signatures, and how values become them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from contracts_service.api.schemas import Sha256
from contracts_service.domain.contract import Signature
from contracts_service.domain.lifecycle import TermsState
from contracts_service.domain.terms import Part, RootDocument, Sealed, TermsVersion
from services.core.strict_json import loads
from services.kit.doors.shapes import Shape, Whole

JWS_BYTES = 8192
DetachedJws = Annotated[
    str,
    Field(max_length=JWS_BYTES, pattern=r"^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+$", examples=["eyJhbGciOi..c2lnbmF0dXJl"]),
]


class TermsSummary(Shape):
    """A version of the terms, without its parts."""

    version: int
    state: TermsState
    root: Sha256
    effective_from: date
    recorded_at: datetime

    @classmethod
    def of(cls, terms: TermsVersion) -> Self:
        """As JSON."""
        return cls(
            version=terms.version,
            state=terms.state,
            root=terms.root,
            effective_from=terms.root_document.effective_from,
            recorded_at=terms.recorded_at,
        )


class TermsList(Shape):
    """A page of a contract's versions of the terms, the first version first."""

    items: tuple[TermsSummary, ...]
    next_cursor: str | None = None


class PartBody(Shape):
    """A part of the terms. `sha256` is over the 16 bytes of `salt` (hex) and the canonical JSON (RFC 8785) of
    `content`; salt and content are absent for whom the terms do not let read them."""

    sha256: Sha256
    salt: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None
    content: dict[str, Any] | None = None


class TermsBody(Shape):
    """A version of the terms: `root` is the SHA-256 of the canonical JSON (RFC 8785) of `rootDocument`, and what
    every party signs."""

    version: int
    state: TermsState
    root: Sha256
    effective_from: date
    recorded_at: datetime
    root_document: RootDocument
    parts: dict[str, PartBody]

    @classmethod
    def of(cls, sealed: Sealed) -> Self:
        """As JSON."""
        terms = sealed.terms
        return cls(
            version=terms.version,
            state=terms.state,
            root=terms.root,
            effective_from=terms.root_document.effective_from,
            recorded_at=terms.recorded_at,
            root_document=terms.root_document,
            parts={name: _part(digest, sealed.parts.get(name)) for name, digest in terms.root_document.parts.items()},
        )


def _part(digest: str, part: Part | None) -> PartBody:
    if part is None:
        return PartBody(sha256=digest)
    return PartBody(sha256=digest, salt=part.salt.hex(), content=loads(part.content))


class NewSignature(Shape):
    """What the caller's organisation agrees to: the version and root that it read. `jws` is its own signature over
    the root document, if it makes one: detached and compact (RFC 7515, appendix F)."""

    version: Annotated[Whole, Field(ge=1)]
    root: Sha256
    jws: DetachedJws | None = None


class SignatureBody(Shape):
    """Who agreed to which root, and when."""

    version: int
    root: Sha256
    organisation_id: str
    issuer: str
    subject: str
    actor: Literal["person", "system"]
    signed_at: datetime
    jws: str | None = None

    @classmethod
    def of(cls, signature: Signature) -> Self:
        """As JSON."""
        return cls(
            version=signature.version,
            root=signature.root,
            organisation_id=signature.organisation_id,
            issuer=signature.issuer,
            subject=signature.subject,
            actor=signature.actor,
            signed_at=signature.signed_at,
            jws=signature.jws,
        )


class SignatureList(Shape):
    """A page of signatures, by version and organisation."""

    items: tuple[SignatureBody, ...]
    next_cursor: str | None = None
