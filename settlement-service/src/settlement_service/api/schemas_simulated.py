"""Door: the JSON shapes of what a simulation says of payments, rules, caps, thresholds and bands."""

from collections import Counter
from fractions import Fraction
from typing import Annotated, Self

from pydantic import Field

from services.core.terms.figures import rounded
from services.core.terms.measures import Rounding
from services.kit.doors.shapes import Shape
from settlement_service.api.schemas import CutBody, MoneyBody, ShareBody, TotalBody, cuts_of
from settlement_service.domain.explaining.words import REASONS
from settlement_service.domain.facts.figures import CutKind
from settlement_service.domain.simulation.chance import PLACES, decimal_of
from settlement_service.domain.simulation.distances import BandDistance, ThresholdDistance
from settlement_service.domain.simulation.effects import CapEffect, RuleEffect
from settlement_service.domain.simulation.run import Payments

Figure = Annotated[str, Field(examples=["0.308642"], description="A decimal, to six places")]


def _figure(number: Fraction) -> str:
    return decimal_of(rounded(number, Rounding(mode="half_up", places=PLACES)))


def _if_any(number: Fraction | None) -> str | None:
    return None if number is None else _figure(number)


class PaidBody(Shape):
    """What is paid, by payer, and by payee and what the money is."""

    total: MoneyBody
    by_payer: tuple[ShareBody, ...]
    by_payee: tuple[TotalBody, ...]

    @classmethod
    def of(cls, payments: Payments, currency: str) -> Self:
        """As JSON."""
        by_payer: Counter[str] = Counter()
        by_payee: Counter[tuple[str, str]] = Counter()
        for (payer, payee, nature), minor in payments.items():
            by_payer[payer] += minor
            by_payee[payee, nature] += minor
        return cls(
            total=MoneyBody.of(sum(payments.values()), currency),
            by_payer=tuple(
                ShareBody(payer=payer, amount=MoneyBody.of(by_payer[payer], currency)) for payer in sorted(by_payer)
            ),
            by_payee=tuple(
                TotalBody(payee=payee, nature=nature, amount=MoneyBody.of(by_payee[payee, nature], currency))
                for payee, nature in sorted(by_payee)
            ),
        )


class UnpaidBody(Shape):
    """So many outcomes that a rule pays nothing for, and why."""

    reason: str
    explanation: str
    count: int


class SimulatedRule(Shape):
    """One rule when all is settled. `state` says why it gives nothing (yet), such as not_yet_measured."""

    rule: str
    people: int
    units: int
    gross: MoneyBody
    cut: tuple[CutBody, ...]
    amount: MoneyBody
    state: str | None = None
    not_paid: tuple[UnpaidBody, ...]

    @classmethod
    def of(cls, effect: RuleEffect, currency: str) -> Self:
        """As JSON."""
        return cls(
            rule=effect.rule,
            people=effect.people,
            units=effect.figures.units,
            gross=MoneyBody.of(effect.figures.gross_minor, currency),
            cut=cuts_of(effect.figures, currency),
            amount=MoneyBody.of(effect.figures.amount_minor, currency),
            state=None if effect.state is None else effect.state.replace("-", "_"),
            not_paid=tuple(
                UnpaidBody(reason=reason, explanation=REASONS["en"][reason], count=count)
                for reason, count in effect.not_paid
            ),
        )


class SimulatedCap(Shape):
    """One cap: what is used of it and left, and what it cut. `appliesTo` names the rule, the period of the calendar or
    the payer; of the cap on a person it is said how many people have reached it."""

    cap: CutKind
    applies_to: str | None = None
    limit: MoneyBody
    used: MoneyBody | None = None
    left: MoneyBody | None = None
    cut: MoneyBody | None = None
    people_at_limit: int | None = None

    @classmethod
    def of(cls, effect: CapEffect, currency: str) -> Self:
        """As JSON."""
        used = effect.used_minor
        return cls.model_validate(
            {
                "cap": effect.cap,
                "applies_to": effect.applies_to,
                "limit": MoneyBody.of(effect.limit_minor, currency),
                "used": None if used is None else MoneyBody.of(used, currency),
                "left": None if used is None else MoneyBody.of(effect.limit_minor - used, currency),
                "cut": None if effect.cut_minor is None else MoneyBody.of(effect.cut_minor, currency),
                "people_at_limit": effect.people_at_limit,
            }
        )


class ThresholdBody(Shape):
    """How far it is to one threshold: of a rule's `condition` or `when`, or (without a rule) of the retention. What is
    not measured has no figure; `missingSubjects` says how many more it takes, all else as it is."""

    rule: str | None = None
    stands_in: str
    metric: str
    basis: str
    comparator: str
    measured: Figure | None = None
    needed: Figure
    holds: bool | None = None
    missing: Figure | None = None
    missing_subjects: int | None = None

    @classmethod
    def of(cls, threshold: ThresholdDistance) -> Self:
        """As JSON."""
        return cls(
            rule=threshold.rule,
            stands_in=threshold.stands_in,
            metric=threshold.metric,
            basis=threshold.basis,
            comparator=threshold.comparator,
            measured=_if_any(threshold.measured),
            needed=_figure(threshold.needed),
            holds=threshold.holds,
            missing=_if_any(threshold.missing),
            missing_subjects=threshold.missing_subjects,
        )


class BoundBody(Shape):
    """Where the next band (or point) begins, and how far it is."""

    at: Figure
    distance: Figure


class BandsBody(Shape):
    """How far a rule of bands is from those beside it."""

    rule: str
    metric: str
    basis: str
    measured: Figure | None = None
    above: BoundBody | None = None
    below: BoundBody | None = None

    @classmethod
    def of(cls, bands: BandDistance) -> Self:
        """As JSON."""
        value = bands.measured

        def bound(end: Fraction | None) -> BoundBody | None:
            if end is None or value is None:
                return None
            return BoundBody(at=_figure(end), distance=_figure(abs(end - value)))

        return cls(
            rule=bands.rule,
            metric=bands.metric,
            basis=bands.basis,
            measured=_if_any(value),
            above=bound(bands.above),
            below=bound(bands.below),
        )
