"""Domain: how far a scenario is from each threshold and each band of the terms."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from services.core.terms.measures import Condition
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.conditions import decided
from settlement_service.domain.mechanisms.measuring import measured
from settlement_service.domain.mechanisms.scale import Scale
from settlement_service.domain.mechanisms.table import mechanism_of
from settlement_service.domain.mechanisms.working import Node
from settlement_service.domain.simulation.run import SimulationRun
from settlement_service.domain.simulation.scenario import Model


@dataclass(frozen=True, slots=True)
class ThresholdDistance:
    """How far it is to one threshold. `rule` is None for that of the retention. `stands_in` is the field of the rule.
    `measured` is the value that its measure has, `needed` the one it is held against, `missing` their difference: 0
    where it holds. For counts and shares `missing_subjects` says how many subjects that is."""

    rule: str | None
    stands_in: str
    metric: str
    basis: str
    comparator: str
    measured: Fraction | None
    needed: Fraction
    holds: bool | None
    missing: Fraction | None
    missing_subjects: int | None


@dataclass(frozen=True, slots=True)
class BandDistance:
    """Where a rule that pays by a measure stands: the value, and the nearest edges of bands (or points) above and below
    it."""

    rule: str
    metric: str
    basis: str
    measured: Fraction | None
    above: Fraction | None
    below: Fraction | None


@dataclass(frozen=True, slots=True)
class Distances:
    """All thresholds and bands, in the order of rules."""

    thresholds: tuple[ThresholdDistance, ...]
    bands: tuple[BandDistance, ...]


def distances_of(model: Model, run: SimulationRun) -> Distances:
    """The distances at the last settlement, by the version of the terms whose caps hold then."""
    terms, outcomes = model.history.at_end(model.ends), run.basis.outcomes.before(model.ends)
    thresholds = [
        _distance(rule, stands_in, node)
        for rule, stands_in, condition in _conditions(terms)
        for node in _compared(decided(condition, terms, outcomes))
    ]
    scales = [(code, mechanism_of(rule.definition).scale(rule.definition)) for code, rule in terms.rules.items()]
    bands = [_band(terms, code, scale, outcomes) for code, scale in scales if scale is not None]
    return Distances(tuple(thresholds), tuple(bands))


def _conditions(terms: Terms) -> Iterator[tuple[str | None, str, Condition]]:
    for rule in terms.rules.values():
        condition = mechanism_of(rule.definition).condition(rule.definition)
        if condition is not None:
            yield rule.code, "condition", condition
        if rule.definition.when is not None:
            yield rule.code, "when", rule.definition.when
    if terms.retention is not None and terms.retention.release_when is not None:
        yield None, "releaseWhen", terms.retention.release_when


def _compared(node: Node) -> Iterator[Node]:
    """The comparisons of a condition, in its order."""
    if node.op == "compare":
        yield node
        return
    for operand in node.of:
        yield from _compared(operand)


def _distance(rule: str | None, stands_in: str, node: Node) -> ThresholdDistance:
    figure, needed = node.of
    comparator, holds = str(node.about["comparator"]), None if node.value is None else node.value is True
    value = None if figure.value is None else figure.number
    missing = None
    if value is not None:
        short = needed.number - value if comparator in ("ge", "gt") else value - needed.number
        missing = Fraction(0) if holds else max(Fraction(0), short)
    return ThresholdDistance(
        rule=rule,
        stands_in=stands_in,
        metric=str(node.about["metric"]),
        basis=str(node.about["basis"]),
        comparator=comparator,
        measured=value,
        needed=needed.number,
        holds=holds,
        missing=missing,
        missing_subjects=None if value is None else _subjects(figure, comparator, needed.number, holds is True),
    )


def _subjects(figure: Node, comparator: str, needed: Fraction, holds: bool) -> int | None:
    """How many more subjects a count or a share needs to reach a threshold (`ge`, `gt`), all else as it is. To be at
    least 0.31 of 162, 51 are needed: with 49 there are 2 missing. None for other figures and comparators."""
    if comparator not in ("ge", "gt"):
        return None
    if figure.op == "claims" and figure.about.get("what") == "subjects":
        count, over = figure.number, Fraction(1)
    elif figure.op == "quotient" and figure.of[0].about.get("what") == "subjects":
        count, over = figure.of[0].number, figure.of[1].number
    else:
        return None
    least = (needed * over).__ceil__() if comparator == "ge" else (needed * over).__floor__() + 1
    return 0 if holds else max(0, least - int(count))


def _band(terms: Terms, rule: str, scale: Scale, outcomes: OutcomeData) -> BandDistance:
    figure = measured(scale.measure, terms, outcomes)
    value = None if figure.value is None else figure.number
    return BandDistance(
        rule=rule,
        metric=scale.measure.metric,
        basis=scale.measure.basis,
        measured=value,
        above=None if value is None else min((limit for limit in scale.values if limit > value), default=None),
        below=None if value is None else max((limit for limit in scale.values if limit <= value), default=None),
    )
