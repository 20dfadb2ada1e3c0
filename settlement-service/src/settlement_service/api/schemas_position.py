"""Door: the JSON shapes of positions and of the ledger, and how values become them."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from services.kit.doors.shapes import Shape
from settlement_service.api.schemas import CutBody, MoneyBody, PeriodBody, cuts_of
from settlement_service.domain.explaining.words import REASONS
from settlement_service.domain.facts.figures import CutKind
from settlement_service.domain.ledger.postings import Entry, EntryKind
from settlement_service.domain.settling.shadow import Shadow
from settlement_service.domain.statement.position import Headroom, NotPaid, RulePosition
from settlement_service.usecases.get_position import PositionShown


class RulePositionBody(Shape):
    """One rule: what verified outcomes give under all caps, what of it is posted, what waits for a settlement."""

    rule: str
    people: int
    units: int
    gross: MoneyBody
    cut: tuple[CutBody, ...]
    entitled: MoneyBody
    settled: MoneyBody
    waiting: MoneyBody

    @classmethod
    def of(cls, rule: RulePosition, currency: str) -> Self:
        """As JSON."""
        return cls(
            rule=rule.rule,
            people=rule.people,
            units=rule.figures.units,
            gross=MoneyBody.of(rule.figures.gross_minor, currency),
            cut=cuts_of(rule.figures, currency),
            entitled=MoneyBody.of(rule.entitled_minor, currency),
            settled=MoneyBody.of(rule.settled_minor, currency),
            waiting=MoneyBody.of(rule.waiting_minor, currency),
        )


class HeadroomBody(Shape):
    """A cap, and what of it is left: `appliesTo` names the rule, the period of the calendar or the payer. Of the cap on
    a person: how many people have reached it."""

    cap: CutKind
    applies_to: str | None = None
    limit: MoneyBody
    used: MoneyBody | None = None
    left: MoneyBody | None = None
    people_at_limit: int | None = None

    @classmethod
    def of(cls, room: Headroom, currency: str) -> Self:
        """As JSON."""
        used = room.used_minor
        return cls.model_validate(
            {
                "cap": room.cap,
                "applies_to": room.applies_to,
                "limit": MoneyBody.of(room.limit_minor, currency),
                "used": None if used is None else MoneyBody.of(used, currency),
                "left": None if used is None else MoneyBody.of(room.limit_minor - used, currency),
                "people_at_limit": room.people_at_limit,
            }
        )


class NotPaidBody(Shape):
    """So many outcomes that a rule (without one: no rule) pays nothing for (yet), and why."""

    rule: str | None = None
    reason: str
    explanation: str
    count: int

    @classmethod
    def of(cls, unpaid: NotPaid) -> Self:
        """As JSON."""
        return cls(
            rule=unpaid.rule or None,
            reason=unpaid.reason,
            explanation=REASONS["en"][unpaid.reason],
            count=unpaid.count,
        )


class AsOf(Shape):
    """The posted settlement that a position is as of."""

    settlement_id: UUID
    number: int
    period: PeriodBody


class ShadowBody(Shape):
    """What one rule would have given while a fixed grant was paid instead: reported, never posted, before caps."""

    rule: str
    units: int
    amount: MoneyBody

    @classmethod
    def of(cls, shadow: Shadow, currency: str) -> Self:
        """As JSON."""
        return cls(rule=shadow.rule, units=shadow.units, amount=MoneyBody.of(shadow.gross_minor, currency))


class PositionBody(Shape):
    """Where a contract stands today: entitled is what verified outcomes give under all caps, as known at this moment;
    settled is what is posted; waiting is the difference. Under `headroom` payers alone are told of the caps on persons
    and payers. `shadow` is there where the terms have grant windows. For an investor: as of the last posted
    statement."""

    contract_id: UUID
    currency: str
    as_of: AsOf | None = None
    entitled: MoneyBody
    settled: MoneyBody
    waiting: MoneyBody
    headroom: tuple[HeadroomBody, ...]
    rules: tuple[RulePositionBody, ...] | None = None
    not_paid: tuple[NotPaidBody, ...] | None = None
    shadow: tuple[ShadowBody, ...] | None = None

    @classmethod
    def of(cls, shown: PositionShown) -> Self:
        """As JSON."""
        currency, details, last = shown.terms.currency, shown.details, shown.as_of
        period = None if last is None else PeriodBody(start=last.period.start, end=last.period.end)
        return cls(
            contract_id=shown.contract_id,
            currency=currency,
            as_of=AsOf(settlement_id=last.id, number=last.number, period=period) if last and period else None,
            entitled=MoneyBody.of(shown.entitled_minor, currency),
            settled=MoneyBody.of(shown.settled_minor, currency),
            waiting=MoneyBody.of(shown.entitled_minor - shown.settled_minor, currency),
            headroom=tuple(HeadroomBody.of(room, currency) for room in shown.headroom),
            rules=None if details is None else tuple(RulePositionBody.of(rule, currency) for rule in details.rules),
            not_paid=None if details is None else tuple(map(NotPaidBody.of, details.not_paid)),
            shadow=tuple(ShadowBody.of(shadow, currency) for shadow in shown.shadow) or None,
        )


class PostingBody(Shape):
    """One side of an entry; debit positive."""

    account: str
    amount: MoneyBody


class EntryBody(Shape):
    """One entry of the ledger. Its postings sum to zero; a reader who is no payer sees those on its own accounts."""

    id: UUID
    contract_id: UUID
    settlement_id: UUID
    kind: EntryKind
    document_on: date
    accounting_on: date
    value_on: date
    recorded_at: datetime
    reverses: UUID | None = None
    postings: tuple[PostingBody, ...]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """As JSON."""
        return cls(
            id=entry.id,
            contract_id=entry.contract_id,
            settlement_id=entry.settlement_id,
            kind=entry.kind,
            document_on=entry.document_on,
            accounting_on=entry.accounting_on,
            value_on=entry.value_on,
            recorded_at=entry.recorded_at,
            reverses=entry.reverses,
            postings=tuple(
                PostingBody(account=side.account, amount=MoneyBody.of(side.minor, entry.currency))
                for side in entry.sides
            ),
        )


class EntryList(Shape):
    """A page of entries, the oldest first."""

    items: tuple[EntryBody, ...]
    next_cursor: str | None = None
