"""Door: the JSON shapes of items and explanations, and how values become them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.kit.doors.shapes import Shape
from settlement_service.api.schemas import CutBody, MoneyBody, ShareBody, cuts_of
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.settling.change import Change


class ItemBody(Shape):
    """What one rule gives for one subject (a participant, cohort, site, or the contract itself) and occurrence: what
    is due now, what was posted before, the difference. `reason` says why nothing is due any more. What rests on several
    claims names none here: its explanation does."""

    rule: str
    subject_id: UUID
    occurrence: str
    claim_id: UUID | None = None
    terms_version: int
    achieved_on: date
    price: MoneyBody | None = None
    units: int
    gross: MoneyBody
    cut: tuple[CutBody, ...]
    due: MoneyBody
    previously_posted: MoneyBody
    amount: MoneyBody
    shares: tuple[ShareBody, ...]
    reason: str | None = None

    @classmethod
    def of(cls, change: Change, currency: str) -> Self:
        """As JSON."""
        return cls(
            rule=change.key.item.rule,
            subject_id=change.key.item.subject_id,
            occurrence=change.key.item.occurrence,
            claim_id=change.claim_id,
            achieved_on=change.achieved_on,
            terms_version=change.version,
            price=None if change.key.price_minor is None else MoneyBody.of(change.key.price_minor, currency),
            units=change.now.units,
            gross=MoneyBody.of(change.now.gross_minor, currency),
            cut=cuts_of(change.now, currency),
            due=MoneyBody.of(change.now.amount_minor, currency),
            previously_posted=MoneyBody.of(change.before.amount_minor, currency),
            amount=MoneyBody.of(change.difference.amount_minor, currency),
            shares=tuple(
                ShareBody(payer=payer, amount=MoneyBody.of(minor, currency)) for payer, minor in change.shares
            ),
            reason=change.reason,
        )


class ItemList(Shape):
    """A page of a line's items: those about one subject together, by date."""

    items: tuple[ItemBody, ...]
    next_cursor: str | None = None


class ExplainedRule(Shape):
    """The rule that gives the amount, and the metrics that it pays for."""

    code: str
    kind: str
    metrics: tuple[str, ...]


class ExplainedClaim(Shape):
    """The claim that it is given for."""

    id: UUID
    occurrence: str
    achieved_on: date
    units: int
    reported_by: str


class ExplainedDecision(Shape):
    """What was decided on the claim, by whom, when. `deemed` is there, and true, when they had not decided in time, and
    the claim was accepted then, as the terms say."""

    result: str
    decided_by: tuple[str, ...]
    decided_at: datetime | None = None
    deemed: bool | None = None


class ExplainedCut(CutBody):
    """What one cap took away, and the cap itself where it is one amount for the item."""

    limit: MoneyBody | None = None


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


class Step(Shape):
    """One step of a computation: `op` applied to the values of `of` gives `value`: a decimal, a fraction where it has
    no end, true or false for a condition, nothing while it is not yet measured. A step without `of` stands in a claim
    or in the terms: `what` or `name` say what it is, `claims` which claims it comes from. See docs/terms.md."""

    model_config = ConfigDict(extra="allow")

    op: str
    value: str | bool | None = None
    of: "tuple[Step, ...] | None" = None


class ExplanationBody(Shape):
    """Why an amount is what it is, and who decided it: the whole computation as a `tree` that can be checked step by
    step, and the same in words."""

    line: int
    subject_id: UUID
    occurrence: str
    rule: ExplainedRule
    terms_version: int
    claim: ExplainedClaim | None = None
    decision: ExplainedDecision
    price: MoneyBody | None = None
    now: ExplainedFigures
    before: ExplainedFigures
    amount: MoneyBody
    shares: tuple[ExplainedShare, ...]
    tree: Step
    text: str
    text_in_danish: str


def item_list(terms: Terms, items: Sequence[Change], cursor: str | None) -> ItemList:
    """A page of items."""
    return ItemList(items=tuple(ItemBody.of(item, terms.currency) for item in items), next_cursor=cursor)
