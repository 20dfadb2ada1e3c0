"""Domain: a version of the terms, sealed: the exact bytes that are signed, and who may read which part of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts_service.domain.lifecycle import TermsState
from services.core.access import RoleNotAllowed
from services.core.canonical import canonical, normal, sha256
from services.core.errors import FieldError, Invalid, NotFound
from services.core.period import Period
from services.core.terms.checks import check_terms
from services.core.terms.model import PARTS, Agreement
from services.core.terms.parties import Party
from services.core.terms.signing import part_hash, root_document
from services.core.values import value


class NotSignable(Invalid):
    """Readable, but spelled so that another reader could understand it differently: nothing to put a signature on."""

    code = "not-signable"
    title = "Terms are signed as they are sent: write them in the one agreed spelling"


@value
class Periods:
    """The dates that a root covers."""

    service: Period
    outcome: Period
    claims_close_on: date


@value
class RootDocument:
    """What the root is computed over (domain.md, section 2). `parts` holds each part's hash (hex)."""

    contract_id: UUID
    version: int
    parties: tuple[Party, ...]
    currency: str
    time_zone: str
    periods: Periods
    effective_from: date
    parts: Mapping[str, str]

    def party(self, organisation_id: str) -> Party | None:
        """The organisation's part in this version, if it has one."""
        return next((party for party in self.parties if party.organisation_id == organisation_id), None)


@dataclass(frozen=True, slots=True)
class Offer:
    """Terms as a party sent them: read as values, and the JSON document itself, which is what is signed."""

    agreement: Agreement
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its canonical JSON, the 16-byte salt before it, the hash of both, and who may have all this."""

    content: bytes
    salt: bytes
    sha256: str
    readers: frozenset[str]


@dataclass(frozen=True, slots=True)
class TermsVersion:
    """One version. `root` is the SHA-256 (hex) of `root_bytes`, which `root_document` spells out as values.
    `signatories` are the organisations that sign it, and may read it: its parties, and of an amendment also those
    that it lets go."""

    version: int
    state: TermsState
    root: str
    root_bytes: bytes
    root_document: RootDocument
    signatories: tuple[str, ...]
    recorded_at: datetime

    @property
    def leaving(self) -> tuple[str, ...]:
        """Those who sign and are no parties of this version: it amends one of which they are."""
        return tuple(id_ for id_ in self.signatories if self.root_document.party(id_) is None)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A version together with its parts: all of them when it was just made, else those that the reader may see."""

    terms: TermsVersion
    parts: Mapping[str, Part]


def signable(document: Any) -> Any:
    """The document in Unicode normal form C. Errors: `not-signable` where something is null: what is absent is
    left out."""
    faults = [
        FieldError(pointer, "null-not-allowed", "Leave the field out; null is not signed.")
        for pointer, leaf in _leaves(document)
        if leaf is None
    ]
    if faults:
        raise NotSignable(errors=faults)
    return normal(document)


def check_spelling(document: Any, understood: Any) -> None:
    """Errors: `not-signable` where a value was sent in another spelling (`document`) than it is written in after it
    was understood (`understood`, defaults included), such as a date as a count of seconds."""
    written = dict(_leaves(understood))
    faults = [
        FieldError(pointer, "spelling-not-allowed", "Write dates as 2026-01-31.")
        for pointer, leaf in _leaves(document)
        if written.get(pointer) != leaf
    ]
    if faults:
        raise NotSignable(errors=faults)


def seal(
    contract_id: UUID,
    version: int,
    offer: Offer,
    salts: Mapping[str, bytes],
    now: datetime,
    amended: RootDocument | None = None,
) -> Sealed:
    """The bytes of a new version, its root and who may read which part. `salts`: 16 random bytes for each of PARTS.
    `amended`: the version in effect, where this one is an amendment. Who is a party there and not here signs as well.
    Each reads also what its role there reads: the new terms may decide on what it has earned. Errors:
    `terms-not-valid`."""
    check_terms(offer.agreement, amends=amended is not None)
    signing = (*offer.agreement.parties, *(() if amended is None else amended.parties))
    parts = {name: _part(offer, name, salts[name], signing) for name in PARTS}
    hashes = {name: part.sha256 for name, part in parts.items()}
    root_bytes = canonical(root_document(str(contract_id), version, dict(offer.document), hashes))
    terms = TermsVersion(
        version=version,
        state="draft",
        root=sha256(root_bytes),
        root_bytes=root_bytes,
        root_document=_as_values(contract_id, version, offer.agreement, hashes),
        signatories=tuple(dict.fromkeys(party.organisation_id for party in signing)),
        recorded_at=now,
    )
    return Sealed(terms, parts)


def part_of(sealed: Sealed, name: str) -> Part:
    """The part, for its reader. Errors: `not-found` if there is no such part, `role-not-allowed` if the terms give
    it to other roles."""
    if name not in sealed.terms.root_document.parts:
        raise NotFound()
    if name not in sealed.parts:
        raise RoleNotAllowed("The terms name the roles that may read this part; yours is not among them.")
    return sealed.parts[name]


def _part(offer: Offer, name: str, salt: bytes, signing: tuple[Party, ...]) -> Part:
    content = canonical(offer.document[name])
    readable_by = offer.agreement.outcomes.readable_by if name == "outcomes" else offer.agreement.payment.readable_by
    readers = frozenset(party.organisation_id for party in signing if readable_by is None or party.role in readable_by)
    return Part(content=content, salt=salt, sha256=part_hash(salt, content), readers=readers)


def _as_values(contract_id: UUID, version: int, agreement: Agreement, hashes: Mapping[str, str]) -> RootDocument:
    return RootDocument(
        contract_id=contract_id,
        version=version,
        parties=agreement.parties,
        currency=agreement.currency,
        time_zone=agreement.time_zone,
        periods=Periods(
            service=agreement.service_period,
            outcome=agreement.outcome_period,
            claims_close_on=agreement.claims_close_on,
        ),
        effective_from=agreement.effective_from,
        parts=hashes,
    )


def _leaves(node: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a JSON document that holds no other, with its JSON pointer."""
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _leaves(child, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list | tuple):
        for place, child in enumerate(node):
            yield from _leaves(child, f"{pointer}/{place}")
    else:
        yield pointer, node
