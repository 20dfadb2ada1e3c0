"""Domain: one version of the terms as settlement reads it: rules with their prices, and limits, in minor units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from uuid import UUID

from services.core.money import to_minor
from services.core.period import Period
from services.core.terms.mechanisms.bands import Bands
from services.core.terms.mechanisms.milestone import Milestone
from services.core.terms.mechanisms.service_fee import ServiceFee
from services.core.terms.mechanisms.table import metrics_named, paid_metrics
from services.core.terms.mechanisms.unit_price import UnitPrice
from services.core.terms.outcomes import AFTER_ALL, Cohort, Metric
from services.core.terms.parties import Role
from services.core.terms.payment import AmountRounding, Cap, GrantWindow, Payment, Retention, Window
from services.core.terms.rules import PaymentRule
from services.core.terms.splits import Split
from services.events.contracts import InForce, NamedParty
from settlement_service.domain.agreement.prices import ValidPrice, prices_of


@dataclass(frozen=True)
class Rule:
    """One payment rule. `position` counts from 0 in the order of the terms; `said` is the rule as it was signed."""

    code: str
    position: int
    said: PaymentRule
    split: Split | None
    prices: tuple[ValidPrice, ...] = ()

    @property
    def kind(self) -> str:
        """Which of the mechanisms it is."""
        return self.said.kind

    @property
    def payee(self) -> str:
        """Who is paid."""
        return self.said.payee

    @cached_property
    def metrics(self) -> frozenset[str]:
        """The metrics that it pays for."""
        return paid_metrics(self.said)

    @cached_property
    def needs(self) -> frozenset[str]:
        """All metrics that it is computed from, those of its conditions included."""
        return metrics_named(self.said)

    def price_on(self, day: date) -> int | None:
        """The price in minor units of what was achieved on `day`."""
        return next((price.minor for price in self.prices if price.start <= day < price.end), None)

    def price_rank(self, minor: int | None) -> int:
        """Where a price stands among those of the rule; the earliest valid first."""
        return next((place for place, price in enumerate(self.prices) if price.minor == minor), len(self.prices))


@dataclass(frozen=True)
class Reading:
    """A rule as one version of the terms has it. What is achieved from `until` on is decided by later versions."""

    rule: Rule
    until: date | None = None


@dataclass(frozen=True)
class Limit:
    """A cap in minor units. `whole` are rules that pay for no single participant: a cap on a person is not about
    them."""

    said: Cap
    minor: int
    whole: frozenset[str] = frozenset()

    @property
    def keep_paid(self) -> bool:
        """Whether what was posted keeps its place."""
        return self.said.headroom == "keep_paid"

    def is_same_as(self, other: "Limit") -> bool:
        """Whether both limit the same, whatever the amount."""
        return self._about == other._about

    @property
    def _about(self) -> tuple[object, ...]:
        said = self.said
        return said.kind, said.rule, said.payer, said.every, said.period_basis


@dataclass(frozen=True)
class Terms:
    """One version in force. Rules are in the order of the statement's lines."""

    contract_id: UUID
    said: Payment
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
        """Who is paid by each rule, then who was."""
        found: dict[str, dict[str, None]] = {}
        for reading in self.readings:
            found.setdefault(reading.rule.code, {})[reading.rule.payee] = None
        return {code: tuple(payees) for code, payees in found.items()}

    def rules_on(self, metric: str) -> tuple[Rule, ...]:
        """The rules that pay for a metric, in their order."""
        return self._on.get(metric, ())

    def may_read(self, role: Role, part: str) -> bool:
        """Whether the terms let a role read one of their parts."""
        allowed = self.readers[part]
        return allowed is None or role in allowed

    def rank(self, metric: str, occurrence: str) -> tuple[int, str]:
        """Measurement points in the order of the terms, ordinals by number, periods of the calendar by name."""
        place = self.points.get(metric, {}).get(occurrence)
        if place is None:
            place = int(occurrence) if occurrence.isascii() and occurrence.isdecimal() else AFTER_ALL
        return place, occurrence

    @cached_property
    def in_all(self) -> frozenset[str]:
        """Rules that pay for no single participant."""
        people = {code for code, metric in self.metrics.items() if metric.subject == "participant"}
        return frozenset(code for code, rule in self.rules.items() if not _pays_for_one_of(rule.said, people))

    @cached_property
    def _on(self) -> Mapping[str, tuple[Rule, ...]]:
        found: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules.values():
            for metric in rule.metrics:
                found[metric] = (*found.get(metric, ()), rule)
        return found

    @cached_property
    def points(self) -> Mapping[str, Mapping[str, int]]:
        """The places of measurement points, by metric and code."""
        return {
            code: {point.code: place for place, point in enumerate(metric.measurement_points)}
            for code, metric in self.metrics.items()
        }


def terms_of(said: InForce) -> Terms:
    """What settlement needs of terms in force. They were checked when they were drafted."""
    payment = said.payment
    grants = [_grant(window) for window in payment.windows if isinstance(window, GrantWindow)]
    participants = {metric.code for metric in said.outcomes.metrics if metric.subject == "participant"}
    whole = frozenset(rule.code for rule in [*payment.rules, *grants] if not _pays_for_one_of(rule, participants))
    return Terms(
        contract_id=said.contract_id,
        said=payment,
        version=said.version,
        root=said.root,
        title=said.title,
        currency=said.currency,
        time_zone=said.time_zone,
        effective_from=said.effective_from,
        outcome_period=said.outcome_period,
        retroactive=payment.retroactive,
        due_days=payment.due_days,
        rounding=payment.rounding,
        parties=said.parties,
        metrics={metric.code: metric for metric in said.outcomes.metrics},
        cohorts={cohort.code: cohort for cohort in said.outcomes.cohorts},
        rules={rule.code: _rule(said, place, rule) for place, rule in enumerate([*payment.rules, *grants])},
        limits=tuple(Limit(cap, to_minor(cap.amount), whole) for cap in payment.caps),
        windows=payment.windows,
        grants=frozenset(grant.code for grant in grants),
        retention=payment.retention,
        readers=MappingProxyType(
            {"outcomes": _roles(said.outcomes.readable_by), "payment": _roles(payment.readable_by)}
        ),
    )


def is_by_subject(rule: PaymentRule) -> bool:
    """Whether what a rule gives for one subject never depends on another: it is evaluated as facts arrive."""
    return isinstance(rule, UnitPrice | Milestone) or (isinstance(rule, Bands) and rule.per == "subject")


def _pays_for_one_of(rule: PaymentRule, participants: set[str]) -> bool:
    return is_by_subject(rule) and not participants.isdisjoint(paid_metrics(rule))


def _rule(said: InForce, place: int, rule: PaymentRule) -> Rule:
    payment = said.payment
    prices = prices_of(rule, payment.indices, payment.rounding) if isinstance(rule, UnitPrice) else ()
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
