"""Domain: a contract: what each command makes of it, and the facts that it tells."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from contracts_service.domain.lifecycle import Command, State, step, terms_step
from contracts_service.domain.terms import Sealed, TermsVersion
from services.core.access import RoleNotAllowed
from services.core.errors import Conflict, FieldError, Invalid
from services.core.terms.model import Agreement
from services.core.terms.parties import Party
from services.events.contracts import (
    ContractActivated,
    ContractProposed,
    ContractSigned,
    ContractTerminated,
    NamedParty,
)

Facts: TypeAlias = tuple[Any, ...]


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


class TerminationDateNotAllowed(Invalid):
    """A contract ends within its own time."""

    code = "termination-date-not-allowed"
    title = "A contract ends between its first day and the end of its outcome period"


@dataclass(frozen=True, slots=True)
class Heading:
    """What a contract is called, and where the decision behind it and its procurement (ocid) are found. Not signed."""

    title: str
    decision_ref: str | None = None
    procurement_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """An authenticated assertion: this person or system agreed for this organisation to this root, then. `jws` is
    the organisation's own detached signature (RFC 7515, appendix F), kept as it was sent."""

    version: int
    root: str
    organisation_id: str
    issuer: str
    subject: str
    actor: Literal["person", "system"]
    signed_at: datetime
    jws: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract with its current version of the terms and the signatures on it. `revision` counts its changes."""

    id: UUID
    heading: Heading
    state: State
    revision: int
    terms: TermsVersion
    names: Mapping[str, str]
    signatures: tuple[Signature, ...]
    created_at: datetime
    terminated_on: date | None = None

    def party(self, organisation_id: str) -> Party | None:
        """The organisation's part in the contract, if it has one."""
        return self.terms.root_document.party(organisation_id)

    def named_parties(self) -> tuple[NamedParty, ...]:
        """The parties in their order, with the names they go by now."""
        return tuple(
            NamedParty(organisation_id=party.organisation_id, name=self.names[party.organisation_id], role=party.role)
            for party in self.terms.root_document.parties
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What other services may ask: who is a party (organisation ids), and where the contract stands."""

    contract_id: UUID
    state: State
    parties: tuple[str, ...]


def check_drafter(agreement: Agreement, drafter: str, names: Mapping[str, str]) -> None:
    """Errors: `role-not-allowed` unless `drafter` is a payer of these terms, `organisation-not-registered` for each
    party that is not in `names`."""
    if drafter not in agreement.payers():
        raise RoleNotAllowed("An organisation that is a payer of the contract drafts it.")
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
        terms=sealed.terms,
        names=names,
        signatures=(),
        created_at=now,
    )


def reopen(contract: Contract, by: str) -> Contract:
    """The contract, a draft again, and its version of the terms replaced: a newer one is to come."""
    return _take(contract, by, "draft_terms")


def with_terms(contract: Contract, sealed: Sealed, names: Mapping[str, str]) -> Contract:
    """The contract with newer terms. Signatures stay with the version that they are on, and count no more."""
    return replace(contract, terms=sealed.terms, names=names, signatures=())


def propose(contract: Contract, by: str) -> tuple[Contract, Facts]:
    """The terms are offered to every party."""
    after = _take(contract, by, "propose")
    said = ContractProposed(
        contract_id=contract.id,
        version=contract.terms.version,
        root=contract.terms.root,
        parties=contract.named_parties(),
    )
    return after, (said,)


def sign(contract: Contract, signature: Signature) -> tuple[Contract, Facts]:
    """One party signs; with the last one the contract is signed. Errors: those of `step`; `terms-version-stale` when
    version or root are not those of the current terms; `already-signed`."""
    by = signature.organisation_id
    command: Command = "sign_last" if _awaited(contract) == {by} else "sign"
    if contract.party(by) is not None:
        _check_signature(contract, signature)
    after = _take(contract, by, command)
    said = ContractSigned(
        contract_id=contract.id,
        version=signature.version,
        root=signature.root,
        organisation_id=by,
        signed_at=signature.signed_at,
    )
    return replace(after, signatures=(*contract.signatures, signature)), (said,)


def activate(contract: Contract, by: str) -> Contract:
    """The contract is in force, also after its end: it may have been run on paper until now."""
    return _take(contract, by, "activate")


def activated(contract: Contract, agreement: Agreement) -> Facts:
    """What the other services are told of a contract in force: all that was signed (`agreement`)."""
    said = ContractActivated(
        contract_id=contract.id,
        title=contract.heading.title,
        version=contract.terms.version,
        root=contract.terms.root,
        parties=contract.named_parties(),
        currency=agreement.currency,
        time_zone=agreement.time_zone,
        service_period=agreement.service_period,
        outcome_period=agreement.outcome_period,
        claims_close_on=agreement.claims_close_on,
        effective_from=agreement.effective_from,
        outcomes=agreement.outcomes,
        payment=agreement.payment,
    )
    return (said,)


def terminate(contract: Contract, by: str, terminated_on: date) -> tuple[Contract, Facts]:
    """The contract ends early: what is achieved on or after `terminated_on` is not paid for. Errors: those of
    `step`; `termination-date-not-allowed`."""
    after = _take(contract, by, "terminate")
    first, last = contract.terms.root_document.effective_from, contract.terms.root_document.periods.outcome.end
    if not first <= terminated_on <= last:
        allowed = f"From {first} to {last}."
        raise TerminationDateNotAllowed(errors=[FieldError("/terminatedOn", TerminationDateNotAllowed.code, allowed)])
    return replace(after, terminated_on=terminated_on), (
        ContractTerminated(contract_id=contract.id, terminated_on=terminated_on),
    )


def _take(contract: Contract, by: str, command: Command) -> Contract:
    taken = step(contract.state, contract.party(by), command)
    terms = replace(contract.terms, state=terms_step(contract.terms.state, command))
    return replace(contract, state=taken.end, revision=contract.revision + 1, terms=terms)


def _awaited(contract: Contract) -> set[str]:
    """Who has not signed yet."""
    parties = {party.organisation_id for party in contract.terms.root_document.parties}
    return parties - {signature.organisation_id for signature in contract.signatures}


def _check_signature(contract: Contract, signature: Signature) -> None:
    if (signature.version, signature.root) != (contract.terms.version, contract.terms.root):
        raise TermsVersionStale("Read the terms again, and sign the version and the root that you find there.")
    if any(one.organisation_id == signature.organisation_id for one in contract.signatures):
        raise AlreadySigned()
