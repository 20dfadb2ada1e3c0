"""Domain: terms on their way from draft to effect, first ones and amendments, and the facts that are told of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts_service.domain.contract import Contract, Facts, Heading, Signature, Version, take
from contracts_service.domain.lifecycle import Command
from contracts_service.domain.terms import Sealed
from services.core.access import RoleNotAllowed
from services.core.errors import Conflict, FieldError, Invalid
from services.core.terms.model import Agreement
from services.events.contracts import ContractActivated, ContractAmended, ContractProposed, ContractSigned


class OrganisationNotRegistered(Invalid):
    """A party that nobody has registered: it could neither sign nor be paid."""

    code = "organisation-not-registered"
    title = "Every party must be a registered organisation"


class TermsVersionStale(Conflict):
    """Signed was not what is offered now."""

    code = "terms-version-stale"
    title = "These are not the terms that are offered now"


class AlreadySigned(Conflict):
    """The organisation has signed this version."""

    code = "already-signed"
    title = "Your organisation has signed this version of the terms"


def check_drafter(agreement: Agreement, drafter: str) -> None:
    """For first terms; an amendment is written by a payer of the terms in effect, also by one that leaves with it.
    Errors: `role-not-allowed` unless `drafter` is a payer of these terms."""
    if drafter not in agreement.payers():
        raise RoleNotAllowed("An organisation that is a payer of the contract drafts it.")


def check_registered(agreement: Agreement, names: Mapping[str, str]) -> None:
    """Errors: `organisation-not-registered` for each party that is not in `names`."""
    faults = [
        FieldError(
            f"/parties/{place}/organisationId", OrganisationNotRegistered.code, "An organisation of the directory."
        )
        for place, party in enumerate(agreement.parties)
        if party.organisation_id not in names
    ]
    if faults:
        raise OrganisationNotRegistered(errors=faults)


def draft(contract_id: UUID, heading: Heading, sealed: Sealed, names: Mapping[str, str], now: datetime) -> Contract:
    """A new contract with its first version of the terms. Nobody else is told yet."""
    return Contract(
        id=contract_id,
        heading=heading,
        state="draft",
        revision=1,
        newest=Version(sealed.terms),
        in_effect=None,
        names=names,
        members=(),
        created_at=now,
    )


def reopen(contract: Contract, by: str) -> Contract:
    """The contract as it is when newer terms are to come. First terms: a draft again, its version replaced. In force:
    as it was, the terms in effect too; an amendment under way is replaced."""
    return take(contract, by, "draft_terms")


def with_terms(contract: Contract, sealed: Sealed, names: Mapping[str, str]) -> Contract:
    """The contract with newer terms. Signatures stay with the version that they are on, and count no more."""
    return replace(contract, newest=Version(sealed.terms), names=names)


def propose(contract: Contract, by: str) -> tuple[Contract, Facts]:
    """The newest terms are offered to all who are to sign them."""
    after = take(contract, by, "propose")
    fact = ContractProposed(
        contract_id=contract.id,
        version=contract.newest.terms.version,
        root=contract.newest.terms.root,
        parties=contract.named_parties(contract.newest),
    )
    return after, (fact,)


def sign(contract: Contract, signature: Signature) -> tuple[Contract, Facts]:
    """One party signs; with the last one all have agreed. Errors: those of `take`; `terms-version-stale` when version
    or root are not those of the newest terms; `already-signed`."""
    by = signature.organisation_id
    command: Command = "sign_last" if contract.newest.awaited() == {by} else "sign"
    if by in contract.newest.terms.signatories:
        _check_signature(contract.newest, signature)
    after = take(contract, by, command)
    fact = ContractSigned(
        contract_id=contract.id,
        version=signature.version,
        root=signature.root,
        organisation_id=by,
        signed_at=signature.signed_at,
    )
    newest = replace(after.newest, signatures=(*contract.newest.signatures, signature))
    return replace(after, newest=newest), (fact,)


def activate(contract: Contract, by: str) -> Contract:
    """What all have signed is in effect. First terms bring the contract into force, also after its end: it may have
    been run on paper until now. An amendment leaves the contract where it is, and earlier terms in effect."""
    after = take(contract, by, "activate")
    terms = after.newest.terms
    members = dict.fromkeys((*contract.members, *terms.signatories))
    return replace(after, members=tuple(members), began_on=contract.began_on or terms.root_document.effective_from)


def activated(before: Contract, after: Contract, agreement: Agreement) -> Facts:
    """What the other services are told of terms in effect: all that was signed (`agreement`)."""
    shape = ContractActivated if before.amended is None else ContractAmended
    fact = shape(
        contract_id=after.id,
        title=after.heading.title,
        version=after.newest.terms.version,
        root=after.newest.terms.root,
        parties=after.named_parties(after.newest),
        currency=agreement.currency,
        time_zone=agreement.time_zone,
        service_period=agreement.service_period,
        outcome_period=agreement.outcome_period,
        claims_close_on=agreement.claims_close_on,
        effective_from=agreement.effective_from,
        outcomes=agreement.outcomes,
        payment=agreement.payment,
    )
    return (fact,)


def _check_signature(offered: Version, signature: Signature) -> None:
    if (signature.version, signature.root) != (offered.terms.version, offered.terms.root):
        raise TermsVersionStale("Read the terms again, and sign the version and the root that you find there.")
    if any(given.organisation_id == signature.organisation_id for given in offered.signatures):
        raise AlreadySigned()
