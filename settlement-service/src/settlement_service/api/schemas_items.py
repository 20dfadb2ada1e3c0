"""Door: the JSON shapes of items and explanations, and how values become them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.kit.shapes import Shape
from settlement_service.api.schemas import CutBody, MoneyBody, cuts_of
from settlement_service.domain.difference import NumberedItem
from settlement_service.domain.terms import Terms


class ItemBody(Shape):
    """What one rule gives for one person and occurrence: what is due now, what was posted before, the difference.
    `reason` says why nothing is due any more."""

    number: Annotated[int, Field(description="Within the settlement, among the items that the reader may see")]
    rule: str
    subject_id: UUID
    occurrence: str
    claim_id: UUID
    achieved_on: date
    price: MoneyBody
    units: int
    gross: MoneyBody
    cut: tuple[CutBody, ...]
    due: MoneyBody
    previously_posted: MoneyBody
    amount: MoneyBody
    reason: str | None = None

    @classmethod
    def of(cls, item: NumberedItem, currency: str) -> Self:
        """As JSON."""
        this = item.change
        return cls(
            number=item.number,
            rule=this.key.item.rule,
            subject_id=this.key.item.subject_id,
            occurrence=this.key.item.occurrence,
            claim_id=this.claim_id,
            achieved_on=this.achieved_on,
            price=MoneyBody.of(this.key.price_minor, currency),
            units=this.now.units,
            gross=MoneyBody.of(this.now.gross_minor, currency),
            cut=cuts_of(this.now, currency),
            due=MoneyBody.of(this.now.amount_minor, currency),
            previously_posted=MoneyBody.of(this.before.amount_minor, currency),
            amount=MoneyBody.of(this.difference.amount_minor, currency),
            reason=this.reason,
        )


class ItemList(Shape):
    """A page of a line's items, by number."""

    items: tuple[ItemBody, ...]
    next_cursor: str | None = None


class ExplainedRule(Shape):
    """The rule that gives the amount."""

    code: str
    kind: Literal["unit_price"]
    metric: str


class ExplainedClaim(Shape):
    """The claim that it is given for."""

    id: UUID
    occurrence: str
    achieved_on: date
    units: int
    reported_by: str


class ExplainedDecision(Shape):
    """What was decided on the claim, by whom, when."""

    result: str
    decided_by: tuple[str, ...]
    decided_at: datetime | None = None


class ExplainedCut(CutBody):
    """What one cap took away, and the cap itself."""

    limit: MoneyBody


class ExplainedFigures(Shape):
    """Units, their value at the price, each cap that cut it, and what is left."""

    units: int
    gross: MoneyBody
    cut: tuple[ExplainedCut, ...]
    amount: MoneyBody


class ExplainedShare(Shape):
    """Who pays, and who is paid."""

    payer: str
    payee: str
    amount: MoneyBody


class ExplanationBody(Shape):
    """Why an amount is what it is, and who decided it; `text` says the same in words."""

    item: int
    rule: ExplainedRule
    terms_version: int
    claim: ExplainedClaim
    decision: ExplainedDecision
    price: MoneyBody
    now: ExplainedFigures
    before: ExplainedFigures
    amount: MoneyBody
    shares: tuple[ExplainedShare, ...]
    rounding: str
    text: str


def item_list(terms: Terms, items: Sequence[NumberedItem], cursor: str | None) -> ItemList:
    """A page of items."""
    return ItemList(items=tuple(ItemBody.of(item, terms.currency) for item in items), next_cursor=cursor)
