"""Door: the JSON shapes of what is simulated, and how values become them."""

from collections import Counter
from datetime import date
from fractions import Fraction
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.core.terms.figures import rounded
from services.core.terms.measures import Rounding
from services.kit.shapes import Shape
from settlement_service.api.schemas import CapName, CutBody, MoneyBody, ShareBody, TotalBody, cuts_of
from settlement_service.domain.simulation import Simulated, Spreads
from settlement_service.domain.simulation_chance import PLACES, Spread, decimal_of
from settlement_service.domain.simulation_distances import BandDistance, ThresholdDistance
from settlement_service.domain.simulation_effects import CapEffect, RuleEffect
from settlement_service.domain.simulation_run import Payments
from settlement_service.domain.words import REASONS
from settlement_service.usecases.simulate_contract import Answer

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
                ShareBody(payer=one, amount=MoneyBody.of(by_payer[one], currency)) for one in sorted(by_payer)
            ),
            by_payee=tuple(
                TotalBody(payee=payee, nature=nature, amount=MoneyBody.of(by_payee[payee, nature], currency))
                for payee, nature in sorted(by_payee)
            ),
        )


class YearBody(Shape):
    """What the settlement at the end of a year of the calendar would pay."""

    year: str
    paid: PaidBody


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
    def of(cls, one: RuleEffect, currency: str) -> Self:
        """As JSON."""
        return cls(
            rule=one.rule,
            people=one.people,
            units=one.figures.units,
            gross=MoneyBody.of(one.figures.gross_minor, currency),
            cut=cuts_of(one.figures, currency),
            amount=MoneyBody.of(one.figures.amount_minor, currency),
            state=None if one.state is None else one.state.replace("-", "_"),
            not_paid=tuple(
                UnpaidBody(reason=reason, explanation=REASONS["en"][reason], count=count)
                for reason, count in one.not_paid
            ),
        )


class SimulatedCap(Shape):
    """One cap: what is used of it and left, and what it cut. `appliesTo` names the rule, the period of the calendar or
    the payer; of the cap on a person it is said how many people have reached it."""

    cap: CapName
    applies_to: str | None = None
    limit: MoneyBody
    used: MoneyBody | None = None
    left: MoneyBody | None = None
    cut: MoneyBody | None = None
    people_at_limit: int | None = None

    @classmethod
    def of(cls, one: CapEffect, currency: str) -> Self:
        """As JSON."""
        used = one.used_minor
        return cls.model_validate(
            {
                "cap": one.cap,
                "applies_to": one.of,
                "limit": MoneyBody.of(one.limit_minor, currency),
                "used": None if used is None else MoneyBody.of(used, currency),
                "left": None if used is None else MoneyBody.of(one.limit_minor - used, currency),
                "cut": None if one.cut_minor is None else MoneyBody.of(one.cut_minor, currency),
                "people_at_limit": one.people_at_limit,
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
    def of(cls, one: ThresholdDistance) -> Self:
        """As JSON."""
        return cls(
            rule=one.rule,
            stands_in=one.stands_in,
            metric=one.metric,
            basis=one.basis,
            comparator=one.comparator,
            measured=_if_any(one.measured),
            needed=_figure(one.needed),
            holds=one.holds,
            missing=_if_any(one.missing),
            missing_subjects=one.missing_subjects,
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
    def of(cls, one: BandDistance) -> Self:
        """As JSON."""
        value = one.measured

        def bound(end: Fraction | None) -> BoundBody | None:
            if end is None or value is None:
                return None
            return BoundBody(at=_figure(end), distance=_figure(abs(end - value)))

        return cls(
            rule=one.rule,
            metric=one.metric,
            basis=one.basis,
            measured=_if_any(value),
            above=bound(one.above),
            below=bound(one.below),
        )


class OneMoreBody(Shape):
    """What one more outcome on a metric, beside those of the scenario, would add to what is paid."""

    metric: str
    amount: MoneyBody


class SpreadBody(Shape):
    """The mean, and the amounts that 5, 25, 50, 75 and 95 percent of all runs do not exceed."""

    mean: MoneyBody
    p05: MoneyBody
    p25: MoneyBody
    p50: MoneyBody
    p75: MoneyBody
    p95: MoneyBody

    @classmethod
    def of(cls, spread: Spread, currency: str) -> Self:
        """As JSON."""
        found = {f"p{percent:02}": MoneyBody.of(minor, currency) for percent, minor in spread.quantiles}
        return cls.model_validate({"mean": MoneyBody.of(spread.mean_minor, currency), **found})


class PayerSpread(Shape):
    """How what one payer pays is spread."""

    payer: str
    paid: SpreadBody


class SpreadsBody(Shape):
    """How what is paid is spread over all runs."""

    runs: int
    seed: int
    total: SpreadBody
    by_payer: tuple[PayerSpread, ...]

    @classmethod
    def of(cls, spreads: Spreads, answer: Answer) -> Self:
        """As JSON."""
        currency, said = answer.asked.history.newest.currency, answer.question.monte_carlo
        assert said is not None
        return cls(
            runs=said.runs,
            seed=said.seed,
            total=SpreadBody.of(spreads.total, currency),
            by_payer=tuple(
                PayerSpread(payer=payer, paid=SpreadBody.of(spread, currency))
                for payer, spread in spreads.by_payer.items()
            ),
        )


class SimulatedScenario(Shape):
    """What terms pay for a scenario."""

    name: str
    paid: PaidBody
    years: tuple[YearBody, ...]
    rules: tuple[SimulatedRule, ...]
    caps: tuple[SimulatedCap, ...]
    thresholds: tuple[ThresholdBody, ...]
    bands: tuple[BandsBody, ...]
    one_more: tuple[OneMoreBody, ...]
    monte_carlo: SpreadsBody | None = None

    @classmethod
    def of(cls, one: Simulated, answer: Answer) -> Self:
        """As JSON."""
        currency = answer.asked.history.newest.currency
        return cls(
            name=one.name,
            paid=PaidBody.of(one.payments, currency),
            years=tuple(YearBody(year=year, paid=PaidBody.of(paid, currency)) for year, paid in one.years.items()),
            rules=tuple(SimulatedRule.of(rule, currency) for rule in one.effects.rules),
            caps=tuple(SimulatedCap.of(cap, currency) for cap in one.effects.caps),
            thresholds=tuple(map(ThresholdBody.of, one.distances.thresholds)),
            bands=tuple(map(BandsBody.of, one.distances.bands)),
            one_more=tuple(
                OneMoreBody(metric=metric, amount=MoneyBody.of(minor, currency)) for metric, minor in one.one_more
            ),
            monte_carlo=None if one.spreads is None else SpreadsBody.of(one.spreads, answer),
        )


class SimulationBody(Shape):
    """The answer: what the terms in force (`termsVersion`), or those of the question, pay for each scenario, for
    everything achieved before `end`."""

    contract_id: UUID
    terms_version: int | None = None
    currency: str
    end: date
    scenarios: tuple[SimulatedScenario, ...]

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """As JSON."""
        asked = answer.asked
        in_force = answer.question.terms is None
        return cls(
            contract_id=answer.contract_id,
            terms_version=asked.history.at_end(asked.ends).version if in_force else None,
            currency=asked.history.newest.currency,
            end=asked.ends,
            scenarios=tuple(SimulatedScenario.of(one, answer) for one in answer.scenarios),
        )
