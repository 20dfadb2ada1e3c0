"""Storage: versions of terms, their parts as the bytes that are signed, and the signatures on them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on

from contracts_service.domain.contract import Signature, Version
from contracts_service.domain.terms import Part, RootDocument, Sealed, TermsVersion
from contracts_service.storage.tables import signature, terms_part, terms_version
from services.core.errors import NotFound
from services.core.terms.model import PARTS, Agreement
from services.core.terms.outcomes import Outcomes
from services.core.terms.payment import Payment
from services.kit.database.transaction import Transaction
from services.kit.doors import shapes


async def add_terms(tx: Transaction, contract_id: UUID, sealed: Sealed) -> None:
    """Keeps a new version with its parts."""
    terms = sealed.terms
    row = {
        "contract_id": contract_id,
        "version": terms.version,
        "state": terms.state,
        "root": terms.root,
        "root_document": terms.root_bytes,
        "effective_from": terms.root_document.effective_from,
        "party_ids": list(terms.signatories),
        "recorded_at": terms.recorded_at,
    }
    await tx.connection.execute(insert(terms_version).values(row))
    parts = [
        {
            "contract_id": contract_id,
            "version": terms.version,
            "name": name,
            "content": part.content,
            "salt": part.salt,
            "sha256": part.sha256,
            "reader_ids": sorted(part.readers),
        }
        for name, part in sealed.parts.items()
    ]
    await tx.connection.execute(insert(terms_part), parts)


async def save_terms_state(tx: Transaction, contract_id: UUID, terms: TermsVersion) -> None:
    """Keeps the state of a version; nothing else of it ever changes."""
    this = (terms_version.c.contract_id == contract_id) & (terms_version.c.version == terms.version)
    await tx.connection.execute(update(terms_version).where(this).values(state=terms.state))


async def list_terms(tx: Transaction, contract_id: UUID, after: int, limit: int) -> Sequence[TermsVersion]:
    """Up to `limit` versions above `after` that the caller is, or was, to sign; the oldest first."""
    query = _versions(tx).where(terms_version.c.contract_id == contract_id, terms_version.c.version > after)
    rows = await tx.connection.execute(query.order_by(terms_version.c.version).limit(limit))
    return [_version(row) for row in rows]


async def find_current_versions(tx: Transaction, contract_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Version]]:
    """Of each contract the last version that was put into effect and the one that is under way, as far as there are
    such that the caller is, or was, to sign; with their signatures, the newest last."""
    query = (
        _versions(tx)
        .where(terms_version.c.contract_id.in_(contract_ids), terms_version.c.state != "replaced")
        .ext(distinct_on(terms_version.c.contract_id, terms_version.c.state))
        .order_by(terms_version.c.contract_id, terms_version.c.state, terms_version.c.version.desc())
    )
    rows = (await tx.connection.execute(query)).all()
    signatures = await _find_signatures(tx, [(row.contract_id, row.version) for row in rows])
    versions: dict[UUID, list[Version]] = {}
    for row in sorted(rows, key=lambda row: row.version):
        given = signatures.get((row.contract_id, row.version), ())
        versions.setdefault(row.contract_id, []).append(Version(_version(row), given))
    return versions


async def get_terms(tx: Transaction, contract_id: UUID, version: int) -> Sealed:
    """One version with the parts that the caller may read. Errors: `not-found`."""
    query = _versions(tx).where(terms_version.c.contract_id == contract_id, terms_version.c.version == version)
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound()
    return Sealed(_version(row), await _parts(tx, contract_id, version))


async def get_agreement(tx: Transaction, contract_id: UUID, version: int) -> Agreement:
    """The terms as values, read from the signed bytes, for a payer: it may read every part. Errors: `not-found`."""
    return _agreement(await get_terms(tx, contract_id, version))


async def list_agreements(tx: Transaction, contract_id: UUID) -> Sequence[Agreement]:
    """The terms that were put into effect, in their order: those that the caller may read as a whole."""
    effective = (terms_version.c.contract_id == contract_id) & (terms_version.c.state == "effective")
    rows = (await tx.connection.execute(_versions(tx).where(effective).order_by(terms_version.c.version))).all()
    every = [Sealed(_version(row), await _parts(tx, contract_id, row.version)) for row in rows]
    return [_agreement(sealed) for sealed in every if sealed.parts.keys() >= set(PARTS)]


async def add_signature(tx: Transaction, contract_id: UUID, given: Signature) -> None:
    """Keeps a signature."""
    row = {
        "contract_id": contract_id,
        "version": given.version,
        "organisation_id": given.organisation_id,
        "root": given.root,
        "issuer": given.issuer,
        "subject": given.subject,
        "actor": given.actor,
        "jws": given.jws,
        "signed_at": given.signed_at,
    }
    await tx.connection.execute(insert(signature).values(row))


async def list_signatures(
    tx: Transaction, contract_id: UUID, after: tuple[int, str], limit: int
) -> Sequence[Signature]:
    """Up to `limit` signatures on versions that the caller is, or was, to sign, by version and organisation, from the
    one after `after` on."""
    key = tuple_(signature.c.version, signature.c.organisation_id)
    seen = _versions(tx).where(terms_version.c.contract_id == contract_id)
    query = select(signature).where(
        signature.c.contract_id == contract_id,
        signature.c.version.in_(seen.with_only_columns(terms_version.c.version)),
        key > after,
    )
    rows = await tx.connection.execute(query.order_by(key).limit(limit))
    return [_signature(row) for row in rows]


def _versions(tx: Transaction) -> Select[Any]:
    return select(terms_version).where(terms_version.c.party_ids.contains([tx.caller.organisation]))


async def _find_signatures(
    tx: Transaction, versions: Sequence[tuple[UUID, int]]
) -> Mapping[tuple[UUID, int], tuple[Signature, ...]]:
    query = select(signature).where(tuple_(signature.c.contract_id, signature.c.version).in_(versions))
    signatures: dict[tuple[UUID, int], tuple[Signature, ...]] = {}
    for row in await tx.connection.execute(query.order_by(signature.c.signed_at, signature.c.organisation_id)):
        key = (row.contract_id, row.version)
        signatures[key] = (*signatures.get(key, ()), _signature(row))
    return signatures


async def _parts(tx: Transaction, contract_id: UUID, version: int) -> Mapping[str, Part]:
    query = select(terms_part).where(
        terms_part.c.contract_id == contract_id,
        terms_part.c.version == version,
        terms_part.c.reader_ids.contains([tx.caller.organisation]),
    )
    return {
        row.name: Part(content=row.content, salt=row.salt, sha256=row.sha256, readers=frozenset(row.reader_ids))
        for row in await tx.connection.execute(query.order_by(terms_part.c.name))
    }


def _agreement(sealed: Sealed) -> Agreement:
    frame = sealed.terms.root_document
    return Agreement(
        parties=frame.parties,
        currency=frame.currency,
        time_zone=frame.time_zone,
        service_period=frame.periods.service,
        outcome_period=frame.periods.outcome,
        claims_close_on=frame.periods.claims_close_on,
        effective_from=frame.effective_from,
        outcomes=shapes.read_trusted(Outcomes, sealed.parts["outcomes"].content),
        payment=shapes.read_trusted(Payment, sealed.parts["payment"].content),
    )


def _version(row: Row[Any]) -> TermsVersion:
    return TermsVersion(
        version=row.version,
        state=row.state,
        root=row.root,
        root_bytes=row.root_document,
        root_document=shapes.read_trusted(RootDocument, row.root_document),
        signatories=tuple(row.party_ids),
        recorded_at=row.recorded_at,
    )


def _signature(row: Row[Any]) -> Signature:
    return Signature(
        version=row.version,
        root=row.root,
        organisation_id=row.organisation_id,
        issuer=row.issuer,
        subject=row.subject,
        actor=row.actor,
        signed_at=row.signed_at,
        jws=row.jws,
    )
