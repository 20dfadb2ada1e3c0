"""Domain: what terms would pay over the years: settlements computed as real ones, each posted before the next."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from services.core.terms.calendar import Every
from services.core.terms.splits import MaximaInOrder
from settlement_service.domain.agreement.calendar import EVERY, last_day_before, name_of, names_of, starts_of
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.figures import Posted
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.mechanisms.table import mechanism_of
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.settle import Settled, due_before, settle
from settlement_service.domain.simulation.scenario import Model
from settlement_service.domain.simulation.subjects import HypotheticalOutcomes

Payments: TypeAlias = Counter[tuple[str, str, str]]
"""Minor units by payer, payee and nature."""


@dataclass(frozen=True, slots=True)
class SimulationRun:
    """Settlements of a scenario, one after the other. `years` is what was paid in each year of the calendar, by its
    name. `last` is the last settlement, `basis` what it was computed from together with what it posted."""

    years: dict[str, Payments]
    basis: Basis
    last: Settled

    @property
    def payments(self) -> Payments:
        """What was paid in all years together."""
        payments: Payments = Counter()
        for year in self.years.values():
            payments.update(year)
        return payments

    @property
    def total(self) -> int:
        """Minor units in all."""
        return sum(self.payments.values())


def steps_of(model: Model) -> list[date]:
    """The ends of settlements, the earliest first: of each year of the calendar, or of each quarter or month where a
    cap is on what is settled in one; and the end of the model."""
    caps = [limit.definition for terms in model.history.versions for limit in terms.limits]
    settled = [cap.every for cap in caps if cap.period_basis == "settled" and cap.every is not None]
    every: Every = min(settled, key=EVERY.index) if settled else "year"
    return [*starts_of(model.begins, model.ends, every), model.ends]


def steps_for_total(model: Model) -> list[date]:
    """The ends of the settlements that decide what is paid in all: the last one alone where it does not matter what was
    posted on the way."""
    return [model.ends] if all(map(_forgets, model.history.versions)) else steps_of(model)


def _forgets(terms: Terms) -> bool:
    """Whether what is due in all never depends on what was posted: nothing keeps its place under a limit, or one limit
    is on all that one payer pays."""
    rules = [rule.definition for rule in terms.rules.values()]
    if any(mechanism_of(rule).max_units(rule) is not None for rule in rules):
        return False
    if any(isinstance(rule.split, MaximaInOrder) for rule in terms.rules.values()):
        return False
    if not terms.limits:
        return True
    is_on_all = len(terms.limits) == 1 and terms.limits[0].definition.kind == "contract" and len(terms.payers()) == 1
    below_zero = any(mechanism_of(rule).may_be_below_zero(rule) for rule in rules)
    return is_on_all and terms.retention is None and not below_zero


def basis_of(model: Model, hypothetical: HypotheticalOutcomes) -> Basis:
    """All that settlements of a scenario are computed from: its outcomes alone, or on top of what is known. There what
    is known of a subject stands, and the scenario's claim on the same metric and occurrence is left out: nobody
    achieves anything twice."""
    known, claims = model.known, hypothetical.claims
    if known is not None:
        stands = {(claim.metric, claim.subject_id, claim.occurrence, _series(claim)) for claim in known.outcomes.claims}
        paid = {(item.metric, item.key.subject_id, item.key.occurrence, "") for item in known.items}
        claims = [
            claim
            for claim in claims
            if (claim.metric, claim.subject_id, claim.occurrence, _series(claim)) not in stands | paid
        ]
    items = evaluate(model.history, model.terminated_on, claims)
    by_id = {claim.id: claim for claim in claims}
    contract_id, enrolments = model.history.newest.contract_id, hypothetical.enrolments
    if known is None:
        outcomes = OutcomeData(contract_id, claims, enrolments)
        return Basis(model.history, model.terminated_on, items, outcomes, (), by_id)
    outcomes = OutcomeData(contract_id, [*known.outcomes.claims, *claims], [*known.outcomes.enrolments, *enrolments])
    return replace(known, items=[*known.items, *items], outcomes=outcomes, claims={**known.claims, **by_id})


def _series(claim: Claim) -> str:
    return "" if claim.measurement is None else claim.measurement.series


def settle_steps(basis: Basis, steps: Sequence[date]) -> SimulationRun:
    """Settlements up to each of the days, each posted before the next."""
    posted = {before.key: before for before in basis.posted}
    settled = Counter(basis.settled)
    years: dict[str, Payments] = {}
    last = Settled([], {}, [])
    for ends in steps:
        basis = replace(basis, posted=tuple(posted.values()), settled=settled)
        last = settle(basis, ends)
        day = last_day_before(ends)
        year = years.setdefault(name_of(day, "year"), Counter())
        for change in last.changes:
            nature = basis.history.version(change.version).rules[change.key.item.rule].definition.nature
            for payer, minor in change.shares:
                year[payer, change.key.payee, nature] += minor
            posted[change.key] = Posted(
                key=change.key,
                claim_id=change.claim_id,
                version=change.version,
                achieved_on=change.achieved_on,
                figures=change.now,
                shares=change.now_shares,
            )
            for name in names_of(day):
                settled[name] += change.difference.under_caps_minor
    return SimulationRun(years, replace(basis, posted=tuple(posted.values()), settled=settled), last)


def total_of(basis: Basis, steps: Sequence[date]) -> Mapping[str, int]:
    """What each payer pays in all, in minor units: what `settle_steps` posts, without the work of posting the last
    settlement."""
    before = settle_steps(basis, steps[:-1]).basis
    by_payer: Counter[str] = Counter()
    for shared in due_before(before, steps[-1]).due:
        by_payer.update(dict(shared.shares))
    # What really was posted is no part of what the scenario pays on top of it.
    for posted in basis.posted:
        by_payer.subtract(dict(posted.shares))
    return by_payer
