"""Domain: a contract as it stands: its versions of the terms as one party sees them, and who may take it on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from contracts_service.domain.lifecycle import IN_FORCE, Command, State, step, terms_step
from contracts_service.domain.terms import TermsVersion
from services.core.access import RoleNotAllowed
from services.core.terms.parties import Party
from services.events.contracts import NamedParty

Facts: TypeAlias = tuple[Any, ...]


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
class Version:
    """A version of the terms with the signatures on it, in the order they were given."""

    terms: TermsVersion
    signatures: tuple[Signature, ...] = ()

    def awaited(self) -> set[str]:
        """Who has not signed yet."""
        return set(self.terms.signatories) - {signature.organisation_id for signature in self.signatures}


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract with two versions of its terms: `newest`, and `in_effect`, the last that was put into effect. The two
    differ while an amendment is under way; before the first version is in effect, `in_effect` is None. A reader sees
    versions that it is, or was, to sign.

    `revision` counts the contract's changes. `members` are the organisations that are, or were, parties of terms in
    effect. `began_on` is the day from which the first of these terms held.
    """

    id: UUID
    heading: Heading
    state: State
    revision: int
    newest: Version
    in_effect: Version | None
    names: Mapping[str, str]
    members: tuple[str, ...]
    created_at: datetime
    began_on: date | None = None
    terminated_on: date | None = None

    @property
    def shown(self) -> Version:
        """What the contract is by: the terms in effect; before there are any, those under way."""
        return self.in_effect or self.newest

    @property
    def amendment(self) -> Version | None:
        """The version under way in a contract that has, or had, terms in effect."""
        return self.newest if self.began_on is not None and self.newest.terms.state != "effective" else None

    @property
    def amended(self) -> Version | None:
        """The terms that a newer version amends: those in effect, while the contract is in force."""
        return self.in_effect if self.state in IN_FORCE else None

    def readers(self) -> tuple[str, ...]:
        """Every organisation that finds the contract: who signs the newest version, and all members."""
        return tuple(dict.fromkeys((*self.newest.terms.signatories, *self.members)))

    def named_parties(self, version: Version) -> tuple[NamedParty, ...]:
        """The parties of a version in their order, with the names they go by now."""
        return tuple(
            NamedParty(organisation_id=party.organisation_id, name=self.names[party.organisation_id], role=party.role)
            for party in version.terms.root_document.parties
        )


@dataclass(frozen=True, slots=True)
class PartyStatus:
    """What other services may ask of a contract: the organisation ids of its parties, and its state."""

    contract_id: UUID
    state: State
    parties: tuple[str, ...]


def take(contract: Contract, by: str, command: Command) -> Contract:
    """The contract after `command` of an organisation, by the tables alone. Errors: `not-found`, `role-not-allowed`,
    `contract-not-in-state`, `terms-not-in-state`."""
    taken = step(contract.state, _acting(contract, by, command), command)
    terms = replace(contract.newest.terms, state=terms_step(contract.newest.terms.state, command))
    newest = replace(contract.newest, terms=terms)
    return replace(
        contract,
        state=taken.end,
        revision=contract.revision + 1,
        newest=newest,
        in_effect=newest if terms.state == "effective" else contract.in_effect,
    )


def _acting(contract: Contract, by: str, command: Command) -> Party | None:
    """The party, with its role, that an organisation acts as: by the terms in effect, or by those under way before any
    are in effect. Who comes in or leaves with an amendment signs it, and does nothing else."""
    begun = contract.began_on is not None
    leading = contract.in_effect if begun else contract.newest
    party = None if leading is None else leading.terms.root_document.party(by)
    if party is None and command in ("sign", "sign_last"):
        party = contract.newest.terms.root_document.party(by)
    if party is None and by in contract.readers():
        raise RoleNotAllowed("This is for a party of the terms in effect.")
    return party
