"""Door: terms as they are sent: read as values, and kept as the document that they are."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Body
from pydantic import PlainValidator

from contracts_service.api.schemas import NewContract
from contracts_service.domain.contract import Heading
from contracts_service.domain.terms import Offer, check_spelling, signable
from services.core.terms.model import Agreement
from services.kit import shapes

T = TypeVar("T")
HEADING = ("title", "decisionRef", "procurementRef")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A contract as it was sent: what stands above the terms, and the terms."""

    heading: Heading
    offer: Offer


def read_offer(document: Any) -> Offer:
    """The terms in a body. Errors: `not-signable`, `shape-not-allowed`, with pointers into the body."""
    kept, agreement = _read(Agreement, document)
    return Offer(agreement, kept)


def read_contract(document: Any) -> Drafted:
    """Heading and terms in a body. Errors: those of `read_offer`."""
    kept, contract = _read(NewContract, document)
    terms = {name: child for name, child in kept.items() if name not in HEADING}
    return Drafted(contract.heading(), Offer(contract, terms))


def _read(shape: type[T], document: Any) -> tuple[Any, T]:
    kept = signable(document)
    read = shapes.read(shape, kept)
    check_spelling(kept, shapes.document(read))
    return kept, read


ContractSent = Annotated[Drafted, Body(), PlainValidator(read_contract, json_schema_input_type=NewContract)]
TermsSent = Annotated[Offer, Body(), PlainValidator(read_offer, json_schema_input_type=Agreement)]
