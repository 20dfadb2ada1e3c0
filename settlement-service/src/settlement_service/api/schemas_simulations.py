"""Door: the JSON shapes of what is simulated, and how values become them."""

from datetime import date
from typing import Self
from uuid import UUID

from services.kit.doors.shapes import Shape
from settlement_service.api.schemas import MoneyBody
from settlement_service.api.schemas_simulated import BandsBody, PaidBody, SimulatedCap, SimulatedRule, ThresholdBody
from settlement_service.domain.simulation.chance import Spread
from settlement_service.domain.simulation.simulate import Simulated, Spreads
from settlement_service.usecases.simulate_contract import Answer


class YearBody(Shape):
    """What the settlement at the end of a year of the calendar would pay."""

    year: str
    paid: PaidBody


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
        quantiles = {f"p{percent:02}": MoneyBody.of(minor, currency) for percent, minor in spread.quantiles}
        return cls.model_validate({"mean": MoneyBody.of(spread.mean_minor, currency), **quantiles})


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
        currency, monte_carlo = answer.model.history.newest.currency, answer.question.monte_carlo
        assert monte_carlo is not None
        return cls(
            runs=monte_carlo.runs,
            seed=monte_carlo.seed,
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
    def of(cls, simulated: Simulated, answer: Answer) -> Self:
        """As JSON."""
        currency = answer.model.history.newest.currency
        return cls(
            name=simulated.name,
            paid=PaidBody.of(simulated.payments, currency),
            years=tuple(
                YearBody(year=year, paid=PaidBody.of(paid, currency)) for year, paid in simulated.years.items()
            ),
            rules=tuple(SimulatedRule.of(rule, currency) for rule in simulated.effects.rules),
            caps=tuple(SimulatedCap.of(cap, currency) for cap in simulated.effects.caps),
            thresholds=tuple(map(ThresholdBody.of, simulated.distances.thresholds)),
            bands=tuple(map(BandsBody.of, simulated.distances.bands)),
            one_more=tuple(
                OneMoreBody(metric=metric, amount=MoneyBody.of(minor, currency)) for metric, minor in simulated.one_more
            ),
            monte_carlo=None if simulated.spreads is None else SpreadsBody.of(simulated.spreads, answer),
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
        model = answer.model
        in_force = answer.question.terms is None
        return cls(
            contract_id=answer.contract_id,
            terms_version=model.history.at_end(model.ends).version if in_force else None,
            currency=model.history.newest.currency,
            end=model.ends,
            scenarios=tuple(SimulatedScenario.of(simulated, answer) for simulated in answer.scenarios),
        )
