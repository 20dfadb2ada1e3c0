"""Door: the JSON shapes of organisations and contracts, and how values become them."""

import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field

from contracts_service.domain.contract import Contract, Heading, PartyStatus, Version
from contracts_service.domain.lifecycle import State, TermsState
from contracts_service.domain.organisation import Organisation
from services.core.period import Period
from services.core.terms.model import Agreement
from services.core.terms.parties import Role
from services.core.values import value
from services.events.contracts import Unit
from services.kit.doors.shapes import Day, Shape

MAX_UNITS = 1000


def _one_line(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise ValueError("One line of text that neither begins nor ends with a space")
    return unicodedata.normalize("NFC", text)


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Nothing(Shape):
    """An empty object, which may be left out: the command says all."""


NOTHING = Nothing()


class UnitBody(Shape):
    """A department of an organisation, with its GLN."""

    gln: Annotated[str, Field(max_length=13)]
    name: Line

    def value(self) -> Unit:
        """As a value."""
        return Unit(gln=self.gln, name=self.name)


Units = Annotated[tuple[UnitBody, ...], Field(max_length=MAX_UNITS)]


class OrganisationEntry(Shape):
    """What an organisation says of itself."""

    name: Line
    units: Units = ()


class NewOrganisation(OrganisationEntry):
    """An organisation's first entry; `id` is `<ISO 6523 ICD>:<number>`, its own."""

    id: Annotated[str, Field(max_length=25, examples=["0184:12345674"])]


class OrganisationBody(Shape):
    """An entry of the directory."""

    id: str
    name: str
    units: tuple[UnitBody, ...]
    revision: int
    registered_at: datetime

    @classmethod
    def of(cls, entry: Organisation) -> Self:
        """As JSON."""
        return cls(
            id=entry.id,
            name=entry.name,
            units=tuple(UnitBody(gln=unit.gln, name=unit.name) for unit in entry.units),
            revision=entry.revision,
            registered_at=entry.registered_at,
        )


class OrganisationList(Shape):
    """A page of the directory, by id."""

    items: tuple[OrganisationBody, ...]
    next_cursor: str | None = None


@value
class NewContract(Agreement):
    """A contract as it is drafted: what it is called, and the whole agreement. Only the agreement is signed."""

    title: Line
    decision_ref: Line | None = None
    procurement_ref: Line | None = None

    def heading(self) -> Heading:
        """What stands above the terms."""
        return Heading(self.title, self.decision_ref, self.procurement_ref)


class PartyBody(Shape):
    """A party of a version of the terms, and when it signed that."""

    organisation_id: str
    name: str
    role: Role
    signed_at: datetime | None = None


class LeavingBody(Shape):
    """An organisation that an amendment lets go, and when it signed that."""

    organisation_id: str
    name: str
    signed_at: datetime | None = None


class AmendmentBody(Shape):
    """The version of the terms under way in a contract in force. Its parties sign it, and those `leaving`."""

    version: int
    terms_state: TermsState
    root: Sha256
    parties: tuple[PartyBody, ...]
    leaving: tuple[LeavingBody, ...]
    service_period: Period
    outcome_period: Period
    claims_close_on: date
    effective_from: date

    @classmethod
    def of(cls, contract: Contract, version: Version) -> Self:
        """As JSON."""
        signed_at = {signature.organisation_id: signature.signed_at for signature in version.signatures}
        return cls(
            **_frame(contract, version),
            leaving=tuple(
                LeavingBody(organisation_id=id_, name=contract.names[id_], signed_at=signed_at.get(id_))
                for id_ in version.terms.leaving
            ),
        )


class ContractBody(Shape):
    """A contract with the frame of its terms in effect, or, before there are any, of those under way; `amendment` is
    what is under way beside terms in effect. The parts are read at .../terms/{version}. Who comes in with an amendment
    finds its frame until it is in effect; who left with one, that frame for good."""

    id: UUID
    title: str
    state: State
    revision: int
    decision_ref: str | None = None
    procurement_ref: str | None = None
    version: int
    terms_state: TermsState
    root: Sha256
    parties: tuple[PartyBody, ...]
    currency: str
    time_zone: str
    service_period: Period
    outcome_period: Period
    claims_close_on: date
    effective_from: date
    amendment: AmendmentBody | None = None
    began_on: date | None = None
    terminated_on: date | None = None
    created_at: datetime

    @classmethod
    def of(cls, contract: Contract) -> Self:
        """As JSON."""
        frame = contract.shown.terms.root_document
        return cls(
            id=contract.id,
            title=contract.heading.title,
            state=contract.state,
            revision=contract.revision,
            decision_ref=contract.heading.decision_ref,
            procurement_ref=contract.heading.procurement_ref,
            currency=frame.currency,
            time_zone=frame.time_zone,
            **_frame(contract, contract.shown),
            amendment=None if contract.amendment is None else AmendmentBody.of(contract, contract.amendment),
            began_on=contract.began_on,
            terminated_on=contract.terminated_on,
            created_at=contract.created_at,
        )


def _frame(contract: Contract, version: Version) -> dict[str, Any]:
    frame = version.terms.root_document
    signed_at = {signature.organisation_id: signature.signed_at for signature in version.signatures}
    return {
        "version": version.terms.version,
        "terms_state": version.terms.state,
        "root": version.terms.root,
        "parties": tuple(
            PartyBody(
                organisation_id=party.organisation_id,
                name=party.name,
                role=party.role,
                signed_at=signed_at.get(party.organisation_id),
            )
            for party in contract.named_parties(version)
        ),
        "service_period": frame.periods.service,
        "outcome_period": frame.periods.outcome,
        "claims_close_on": frame.periods.claims_close_on,
        "effective_from": frame.effective_from,
    }


class ContractList(Shape):
    """A page of the contracts that the caller's organisation is a party of, the oldest first."""

    items: tuple[ContractBody, ...]
    next_cursor: str | None = None


class NewTermination(Shape):
    """The first day that is not paid for any more."""

    terminated_on: Day


class PartyStatusBody(Shape):
    """For other services: the organisations that are parties of a contract, and its state."""

    contract_id: UUID
    parties: tuple[str, ...]
    state: State

    @classmethod
    def of(cls, status: PartyStatus) -> Self:
        """As JSON."""
        return cls(contract_id=status.contract_id, parties=status.parties, state=status.state)
