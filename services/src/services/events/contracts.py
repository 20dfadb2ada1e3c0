"""Events: what contracts-service says: who takes part, and what is agreed."""

from datetime import date, datetime
from uuid import UUID

from services.core.period import Period
from services.core.terms.model import Outcomes, Payment, Role
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


@fact(PRODUCER, "contract.activated")
class ContractActivated:
    """Every party has signed and the contract is in force: all that other services need to know of it."""

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


@fact(PRODUCER, "contract.terminated")
class ContractTerminated:
    """The contract ended early: what is achieved on or after `terminated_on` is not paid for."""

    contract_id: UUID
    terminated_on: date
