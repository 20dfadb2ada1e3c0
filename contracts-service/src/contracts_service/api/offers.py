"""Door: terms as they are sent: read as values, and kept as the document that they are."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Body, Request
from pydantic import PlainValidator

from contracts_service.api.schemas import NewContract
from contracts_service.domain.terms import Offer, check_spelling, signable
from services.core.terms.model import Agreement
from services.kit.doors import shapes

T = TypeVar("T")
NOT_SIGNED = frozenset({"title", "decisionRef", "procurementRef"})


def _reads(shape: type[T]) -> Callable[[Any], T]:
    """The reader of a body. Errors: `not-signable`, `shape-not-allowed`, with pointers into the body."""

    def read(document: Any) -> T:
        kept = signable(document)
        sent = shapes.read(shape, kept)
        check_spelling(kept, shapes.document(sent))
        return sent

    return read


ContractSent = Annotated[NewContract, Body(), PlainValidator(_reads(NewContract), json_schema_input_type=NewContract)]
TermsSent = Annotated[Agreement, Body(), PlainValidator(_reads(Agreement), json_schema_input_type=Agreement)]


async def offer_in(request: Request, agreement: Agreement) -> Offer:
    """The terms in the body of `request`, which were read as `agreement`, with the document that will be signed."""
    document = signable(await request.json())
    return Offer(agreement, {name: child for name, child in document.items() if name not in NOT_SIGNED})
