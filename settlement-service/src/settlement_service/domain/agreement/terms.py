"""Domain: one version of the terms as settlement reads it: rules with their prices, and limits, in minor units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from uuid import UUID

from services.core.money import to_minor
from services.core.period import Period
from services.core.terms.mechanisms.service_fee import ServiceFee
from services.core.terms.mechanisms.table import mechanism_of, metrics_named, paid_metrics, pays_each_subject
from services.core.terms.outcomes import AFTER_ALL, Cohort, Metric
from services.core.terms.parties import Role
from services.core.terms.payment import AmountRounding, Cap, GrantWindow, Payment, Retention, Window
from services.core.terms.rules import PaymentRule
from services.core.terms.splits import Split
from services.events.contracts import InForce, NamedParty
from settlement_service.domain.agreement.prices import ValidPrice, prices_of


@dataclass(frozen=True)
class Rule:
    """One payment rule. `definition` is what was signed. `position` counts from 0 in the order of the terms. `prices`
    are empty where it pays no price a unit."""

    code: str
    position: int
    definition: PaymentRule
    split: Split | None
    prices: tuple[ValidPrice, ...] = ()

    @property
    def kind(self) -> str:
        """Which of the mechanisms it is."""
        return self.definition.kind

    @property
    def payee(self) -> str:
        """Who is paid."""
        return self.definition.payee

    @cached_property
    def metrics(self) -> frozenset[str]:
        """The metrics that it pays for."""
        return paid_metrics(self.definition)

    @cached_property
    def needs(self) -> frozenset[str]:
        """All metrics that it is computed from, those of its conditions included."""
        return metrics_named(self.definition)

    def price_on(self, day: date) -> int | None:
        """The price in minor units of what was achieved on `day`; None where the terms have none for it."""
        return next((price.minor for price in self.prices if price.start <= day < price.end), None)

    def price_rank(self, minor: int | None) -> int:
        """Where a price in minor units stands among those of the rule, from 0, the earliest valid first. A price that
        the rule has no longer stands last."""
        return next((place for place, price in enumerate(self.prices) if price.minor == minor), len(self.prices))


@dataclass(frozen=True)
class Reading:
    """A rule as one version of the terms has it. Later versions decide on what is achieved from `until` on."""

    rule: Rule
    until: date | None = None


@dataclass(frozen=True)
class Limit:
    """A cap in minor units. `excluded_rules` pay for no single participant: a cap on a person leaves them alone."""

    definition: Cap
    minor: int
    excluded_rules: frozenset[str] = frozenset()

    @property
    def keep_paid(self) -> bool:
        """Whether what was posted keeps its place under the cap (domain.md, section 3.4)."""
        return self.definition.headroom == "keep_paid"

    def is_same_as(self, other: "Limit") -> bool:
        """Whether both limit the same amounts, whatever the limits are."""
        return self._scope == other._scope

    @property
    def _scope(self) -> tuple[object, ...]:
        cap = self.definition
        return cap.kind, cap.rule, cap.payer, cap.every, cap.period_basis


@dataclass(frozen=True)
class Terms:
    """One version in force. Rules are in the order of the statement's lines."""

    contract_id: UUID
    as_signed: Payment
    """The payment part as it was signed."""
    version: int
    root: str
    title: str
    currency: str
    time_zone: str
    effective_from: date
    outcome_period: Period
    retroactive: bool
    due_days: int
    rounding: AmountRounding
    parties: tuple[NamedParty, ...]
    metrics: Mapping[str, Metric]
    cohorts: Mapping[str, Cohort]
    rules: Mapping[str, Rule]
    limits: tuple[Limit, ...]
    windows: tuple[Window, ...]
    grants: frozenset[str]
    """Codes of the windows in which a fixed grant is paid: each is a rule too."""
    retention: Retention | None
    readers: Mapping[str, frozenset[Role] | None]
    """Roles that may read each part, `outcomes` and `payment`; None stands for every party."""
    other_readings: tuple[Reading, ...] = ()
    """Rules as other versions have them, where these are the terms of all versions together."""

    def role_of(self, organisation: str) -> Role | None:
        """The organisation's role in the contract, if it has one."""
        return next((party.role for party in self.parties if party.organisation_id == organisation), None)

    def payers(self) -> tuple[str, ...]:
        """Organisation ids of the payers, in party order."""
        return tuple(party.organisation_id for party in self.parties if party.role == "payer")

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every rule as each version has it that these terms are of."""
        return (*map(Reading, self.rules.values()), *self.other_readings)

    @cached_property
    def payees(self) -> Mapping[str, tuple[str, ...]]:
        """The payees of each rule: the one of today first, then those of other versions."""
        payees: dict[str, dict[str, None]] = {}
        for reading in self.readings:
            payees.setdefault(reading.rule.code, {})[reading.rule.payee] = None
        return {code: tuple(of_rule) for code, of_rule in payees.items()}

    def rules_on(self, metric: str) -> tuple[Rule, ...]:
        """The rules that pay for a metric, in their order."""
        return self._rules_by_metric.get(metric, ())

    def may_read(self, role: Role, part: str) -> bool:
        """Whether the terms let a role read one of their parts."""
        allowed = self.readers[part]
        return allowed is None or role in allowed

    def rank(self, metric: str, occurrence: str) -> tuple[int, str]:
        """The sort key of an occurrence: measurement points in the order of the terms, ordinals by number, periods of
        the calendar by name."""
        place = self.points.get(metric, {}).get(occurrence)
        if place is None:
            place = int(occurrence) if occurrence.isascii() and occurrence.isdecimal() else AFTER_ALL
        return place, occurrence

    @cached_property
    def in_all(self) -> frozenset[str]:
        """Rules that pay for no single participant."""
        people = {code for code, metric in self.metrics.items() if metric.subject == "participant"}
        return frozenset(code for code, rule in self.rules.items() if not _pays_for_each(rule.definition, people))

    @cached_property
    def _rules_by_metric(self) -> Mapping[str, tuple[Rule, ...]]:
        rules: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules.values():
            for metric in rule.metrics:
                rules[metric] = (*rules.get(metric, ()), rule)
        return rules

    @cached_property
    def points(self) -> Mapping[str, Mapping[str, int]]:
        """The places of measurement points, by metric and code."""
        return {
            code: {point.code: place for place, point in enumerate(metric.measurement_points)}
            for code, metric in self.metrics.items()
        }


def terms_of(in_force: InForce) -> Terms:
    """What settlement needs of terms in force. They were checked when they were drafted."""
    payment = in_force.payment
    grants = [_grant(window) for window in payment.windows if isinstance(window, GrantWindow)]
    participants = {metric.code for metric in in_force.outcomes.metrics if metric.subject == "participant"}
    excluded = frozenset(rule.code for rule in [*payment.rules, *grants] if not _pays_for_each(rule, participants))
    return Terms(
        contract_id=in_force.contract_id,
        as_signed=payment,
        version=in_force.version,
        root=in_force.root,
        title=in_force.title,
        currency=in_force.currency,
        time_zone=in_force.time_zone,
        effective_from=in_force.effective_from,
        outcome_period=in_force.outcome_period,
        retroactive=payment.retroactive,
        due_days=payment.due_days,
        rounding=payment.rounding,
        parties=in_force.parties,
        metrics={metric.code: metric for metric in in_force.outcomes.metrics},
        cohorts={cohort.code: cohort for cohort in in_force.outcomes.cohorts},
        rules={rule.code: _rule(in_force, place, rule) for place, rule in enumerate([*payment.rules, *grants])},
        limits=tuple(Limit(cap, to_minor(cap.amount), excluded) for cap in payment.caps),
        windows=payment.windows,
        grants=frozenset(grant.code for grant in grants),
        retention=payment.retention,
        readers=MappingProxyType(
            {"outcomes": _roles(in_force.outcomes.readable_by), "payment": _roles(payment.readable_by)}
        ),
    )


def _pays_for_each(rule: PaymentRule, participants: set[str]) -> bool:
    """Whether a rule pays for single participants; `participants` are the metrics about them."""
    return pays_each_subject(rule) and not participants.isdisjoint(paid_metrics(rule))


def _rule(in_force: InForce, place: int, rule: PaymentRule) -> Rule:
    payment, contracted = in_force.payment, mechanism_of(rule).contracted_prices(rule)
    prices = prices_of(contracted, payment.indices, payment.rounding)
    return Rule(rule.code, place, rule, rule.split or payment.split, prices)


def _grant(window: GrantWindow) -> ServiceFee:
    """A grant is a fee for each whole period of its window."""
    return ServiceFee(
        kind="service_fee",
        code=window.code,
        amount=window.amount,
        every=window.every,
        start=window.start,
        until=window.end,
        payee=window.payee,
        nature=window.nature,
        vat=window.vat,
    )


def _roles(readable_by: tuple[Role, ...] | None) -> frozenset[Role] | None:
    return None if readable_by is None else frozenset(readable_by)
