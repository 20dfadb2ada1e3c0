"""Door: the JSON shapes of commands."""

from typing import Annotated

from pydantic import Field

from services.core.ids import ORGANISATION_ID_PATTERN
from services.kit.doors.shapes import Day, Shape
from settlement_service.api.schemas import MoneyBody, PeriodBody
from settlement_service.domain.ledger.payments import Outcome
from settlement_service.domain.statement.statement import Kind

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Nothing(Shape):
    """An empty object: the command says all."""


class NewSettlement(Shape):
    """What is to be settled: everything achieved before the period's end. `scheduled` lists every rule, and there is
    one of a period; `correction` lists what is different from what was posted."""

    kind: Kind
    period: PeriodBody


class NewApproval(Shape):
    """The hash of the content that the approver has read."""

    content_sha256: Sha256


class NewPayment(Shape):
    """What the bank or finance system says. The amount has the sign of what is outstanding. `rejected` takes back
    what was confirmed under the reference, if anything was. `payee` is needed where there are several."""

    reference: Annotated[
        str, Field(max_length=35, examples=["RF18539007547034", "ERP-2026-00417"], description="ISO 11649, or own")
    ]
    paid_on: Day
    amount: MoneyBody
    outcome: Outcome
    payee: Annotated[str, Field(pattern=ORGANISATION_ID_PATTERN)] | None = None
