"""Door: the JSON shapes of settlements, and how values become them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from services.core.money import Money, format_minor
from services.core.period import Period
from services.kit.doors.shapes import Day, Shape
from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import CutKind, Figures
from settlement_service.domain.ledger.approval import Approval
from settlement_service.domain.ledger.lifecycle import Person, State
from settlement_service.domain.ledger.payments import Confirmed, Outcome
from settlement_service.domain.statement.statement import Kind
from settlement_service.usecases.get_settlement import Shown


class MoneyBody(Shape):
    """An amount: a decimal string with exactly the currency's places."""

    amount: Annotated[str, Field(max_length=20, examples=["125000.00"])]
    currency: Annotated[str, Field(max_length=3, examples=["DKK"])]

    @classmethod
    def of(cls, minor: int, currency: str) -> Self:
        """So many minor units."""
        return cls(amount=format_minor(minor, currency), currency=currency)

    def value(self) -> Money:
        """As a value."""
        return Money(amount=self.amount, currency=self.currency)


class PeriodBody(Shape):
    """From `start` up to, not including, `end`."""

    start: Day
    end: Day

    def value(self) -> Period:
        """As a value."""
        return Period(start=self.start, end=self.end)


class CutBody(Shape):
    """How much one cap took away; `retention` is held back for now, `payer` is what no payer is left to pay."""

    cap: CutKind
    amount: MoneyBody


class ShareBody(Shape):
    """One payer's share."""

    payer: str
    amount: MoneyBody


class LineBody(Shape):
    """One rule, and price where it pays by units: the sum of its items' differences to what was posted before. `state`
    says why a rule gives nothing (yet), such as not_yet_measured. A merged line, for who small counts are hidden from,
    says the rules that it stands for and its amount; a gate or the like does not tell them how many participants it
    counts."""

    number: int
    rule: str | None = None
    kind: str | None = None
    rules: tuple[str, ...] | None = None
    name: Annotated[str | None, Field(description="What the metric is called; not part of the hashed content")] = None
    price: MoneyBody | None = None
    people: Annotated[int | None, Field(description="Distinct participants, or how many were measured")] = None
    units: Annotated[int | None, Field(description="Payable occurrences")] = None
    amount: MoneyBody
    cut: tuple[CutBody, ...] | None = None
    payee: str | None = None
    nature: str | None = None
    shares: tuple[ShareBody, ...] | None = None
    state: str | None = None


class TotalBody(Shape):
    """What one payee gets, by what the money is. Who small counts are hidden from is told none of these where they
    would tell lines apart that are merged."""

    payee: str
    nature: str
    amount: MoneyBody


class LineList(Shape):
    """A page of lines, by number."""

    items: tuple[LineBody, ...]
    next_cursor: str | None = None


class PersonBody(Shape):
    """Who did something. The subject is told to its own organisation."""

    organisation_id: str
    actor: Literal["person", "system"]
    subject: str | None = None

    @classmethod
    def of(cls, person: Person, reader: str) -> Self:
        """As `reader` may see it."""
        own = person.organisation == reader
        return cls(organisation_id=person.organisation, actor=person.actor, subject=person.subject if own else None)


class ApprovalBody(Shape):
    """One person's approval, for its organisation."""

    by: PersonBody
    approved_at: datetime

    @classmethod
    def of(cls, approval: Approval, reader: str) -> Self:
        """As JSON."""
        return cls(by=PersonBody.of(approval.by, reader), approved_at=approval.approved_at)


class PaymentBody(Shape):
    """One confirmation of a payment."""

    reference: str
    payee: str
    paid_on: date
    amount: MoneyBody
    outcome: Outcome
    recorded_at: datetime

    @classmethod
    def of(cls, confirmed: Confirmed, currency: str) -> Self:
        """As JSON."""
        payment = confirmed.payment
        return cls(
            reference=payment.reference,
            payee=payment.payee,
            paid_on=payment.paid_on,
            amount=MoneyBody.of(payment.minor, currency),
            outcome=payment.outcome,
            recorded_at=confirmed.recorded_at,
        )


class OutstandingBody(Shape):
    """What is still owed to a payee; below zero: what it owes back."""

    payee: str
    amount: MoneyBody


class WaitingBody(Shape):
    """What an open settlement waits for: an owner of facts, and how far it said it is and we are; or what an approved
    one waits for: the end of a suspension."""

    source: str
    reason: Literal["owner-not-reachable", "facts-not-applied", "fact-parked", "contract-suspended"]
    head: int | None = None
    applied: int | None = None


class SettlementBody(Shape):
    """A settlement as its reader may see it. Lines, totals and hashes are there once it is calculated (for who small
    counts are hidden from: once it is posted). `contentSha256` is over the canonical JSON of `termsVersion`,
    `currency`, `kind`, `period`, `lines` (without names), `totals` and `total`."""

    id: UUID
    contract_id: UUID
    number: int
    kind: Kind
    period: PeriodBody
    state: State
    revision: int
    terms_version: int
    currency: str
    waiting_for: tuple[WaitingBody, ...] | None = None
    prepared_by: PersonBody
    prepared_at: datetime
    calculated_at: datetime | None = None
    posted_at: datetime | None = None
    document_on: date | None = None
    accounting_on: date | None = None
    value_on: date | None = None
    lines: tuple[LineBody, ...] | None = None
    totals: tuple[TotalBody, ...] | None = None
    previously_settled: MoneyBody | None = None
    total: MoneyBody | None = None
    settled_to_date: MoneyBody | None = None
    content_sha256: str | None = None
    inputs_sha256: str | None = None
    approvals: tuple[ApprovalBody, ...] | None = None
    payments: tuple[PaymentBody, ...] | None = None
    outstanding: tuple[OutstandingBody, ...] | None = None

    @classmethod
    def of(cls, shown: Shown) -> Self:
        """As JSON."""
        settlement, currency, reader = shown.settlement, shown.terms.currency, shown.audience.organisation
        waits = shown.audience.sees_everything and settlement.state in ("open", "approved")
        return cls(
            id=settlement.id,
            contract_id=settlement.contract_id,
            number=settlement.number,
            kind=settlement.kind,
            period=PeriodBody(start=settlement.period.start, end=settlement.period.end),
            state=settlement.state,
            revision=settlement.revision,
            terms_version=shown.terms.version,
            currency=currency,
            waiting_for=tuple(WaitingBody(**_fields(each)) for each in settlement.waiting) if waits else None,
            prepared_by=PersonBody.of(settlement.prepared_by, reader),
            prepared_at=settlement.prepared_at,
            calculated_at=settlement.calculated_at,
            posted_at=settlement.posted_at,
            document_on=settlement.document_on,
            accounting_on=settlement.accounting_on,
            value_on=settlement.value_on,
            **_shown(shown),
            **_since(shown),
        )


class SettlementList(Shape):
    """A page of settlements, contract by contract, by number. Approvals, payments and what is outstanding are told by
    each settlement itself."""

    items: tuple[SettlementBody, ...]
    next_cursor: str | None = None


def cuts_of(figures: Figures, currency: str) -> tuple[CutBody, ...]:
    """Each cap that cut something, with how much."""
    return tuple(CutBody(cap=cap, amount=MoneyBody.of(minor, currency)) for cap, minor in figures.cuts)


def lines_of(content: Mapping[str, Any], history: History, audience: Audience) -> tuple[LineBody, ...]:
    """The lines that a reader is shown, with the names of their metrics if it may read them."""
    named = history.newest.may_read(audience.role, "outcomes")
    return tuple(
        LineBody(**line, name=_name(history, line["rule"]) if named and "rule" in line else None)
        for line in content["lines"]
    )


def _name(history: History, rule: str) -> str | None:
    return " / ".join(history.metrics[code].name for code in sorted(history.rules[rule].metrics)) or None


def _shown(shown: Shown) -> dict[str, Any]:
    projection, currency = shown.projection, shown.terms.currency
    if projection is None:
        return {}
    return {
        "lines": lines_of(projection.content, shown.history, shown.audience),
        "totals": projection.content["totals"],
        "previously_settled": MoneyBody.of(projection.previously_minor, currency),
        "total": MoneyBody.of(projection.total_minor, currency),
        "settled_to_date": MoneyBody.of(projection.previously_minor + projection.total_minor, currency),
        "content_sha256": projection.content_sha256,
        "inputs_sha256": shown.settlement.inputs_sha256,
    }


def _since(shown: Shown) -> dict[str, Any]:
    since, currency = shown.since, shown.terms.currency
    if since is None:
        return {}
    owed = since.outstanding
    return {
        "approvals": tuple(ApprovalBody.of(each, shown.audience.organisation) for each in since.approvals),
        "payments": tuple(PaymentBody.of(each, currency) for each in since.payments),
        "outstanding": None
        if owed is None
        else tuple(OutstandingBody(payee=payee, amount=MoneyBody.of(minor, currency)) for payee, minor in owed),
    }


def _fields(waiting: Any) -> dict[str, Any]:
    return {name: getattr(waiting, name) for name in ("source", "reason", "head", "applied")}
