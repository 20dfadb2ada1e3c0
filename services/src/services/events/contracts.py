"""Events: what contracts-service says: who takes part, and what is agreed."""

from datetime import date, datetime
from uuid import UUID

from services.core.period import Period
from services.core.terms.outcomes import Outcomes
from services.core.terms.parties import Role
from services.core.terms.payment import Payment
from services.core.values import value
from services.events.envelope import Producer, fact

SERVICE = "contracts-service"
TOPIC = "enzym.contracts.v1"
PRODUCER = Producer(SERVICE, TOPIC)


@value
class Unit:
    """A department of an organisation, with its GLN."""

    gln: str
    name: str


@value
class NamedParty:
    """An organisation in its role, with the name it goes by."""

    organisation_id: str
    name: str
    role: Role


@fact(PRODUCER, "organisation.registered")
class OrganisationRegistered:
    """An organisation takes part in the exchange."""

    organisation_id: str
    name: str
    units: tuple[Unit, ...] = ()


@fact(PRODUCER, "organisation.changed")
class OrganisationChanged:
    """An organisation's name or units are different from now on."""

    organisation_id: str
    name: str
    units: tuple[Unit, ...] = ()


@fact(PRODUCER, "contract.proposed")
class ContractProposed:
    """A version of the terms is offered to all parties for signature."""

    contract_id: UUID
    version: int
    root: str
    parties: tuple[NamedParty, ...]


@fact(PRODUCER, "contract.signed")
class ContractSigned:
    """One party signed the root of a version."""

    contract_id: UUID
    version: int
    root: str
    organisation_id: str
    signed_at: datetime


@value
class InForce:
    """A version of the terms that every party has signed: all that other services need to know of it."""

    contract_id: UUID
    title: str
    version: int
    root: str
    parties: tuple[NamedParty, ...]
    currency: str
    time_zone: str
    service_period: Period
    outcome_period: Period
    claims_close_on: date
    effective_from: date
    outcomes: Outcomes
    payment: Payment


@fact(PRODUCER, "contract.activated")
class ContractActivated(InForce):
    """Every party has signed and the contract is in force: all that other services need to know of it."""


@fact(PRODUCER, "contract.amended")
class ContractAmended(InForce):
    """Every party has signed a newer version of the terms of a contract in force; it decides on what is achieved from
    `effective_from` on, and on everything if its payment part is retroactive."""


@fact(PRODUCER, "contract.suspended")
class ContractSuspended:
    """Claims go on; settlement and payment wait."""

    contract_id: UUID


@fact(PRODUCER, "contract.resumed")
class ContractResumed:
    """Settlement and payment go on."""

    contract_id: UUID


@fact(PRODUCER, "contract.completed")
class ContractCompleted:
    """The contract ended as agreed; claims are still decided and settled until they close."""

    contract_id: UUID


@fact(PRODUCER, "contract.terminated")
class ContractTerminated:
    """The contract ended early: what is achieved on or after `terminated_on` is not paid for."""

    contract_id: UUID
    terminated_on: date
