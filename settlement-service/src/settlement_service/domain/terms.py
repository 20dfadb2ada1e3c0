"""Domain: the terms of a contract as settlement reads them: rules with their prices, and limits, in minor units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.core.money import to_minor
from services.core.terms.outcomes import Metric
from services.core.terms.parties import Role
from services.core.terms.payment import CapKind
from services.core.terms.rules import UnitPrice
from services.events.contracts import ContractActivated, NamedParty

AFTER_ALL = 1 << 30
"""The rank of an occurrence that is neither a measurement point nor an ordinal."""


@dataclass(frozen=True, slots=True)
class ValidPrice:
    """A unit price in minor units for what was achieved in `[start, end)`."""

    minor: int
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Rule:
    """One payment rule. `position` counts from 0 in the order of the terms."""

    code: str
    position: int
    metric: str
    payee: str
    first_only: bool
    max_units_per_person: int | None
    prices: tuple[ValidPrice, ...]

    def price_on(self, day: date) -> int | None:
        """The price in minor units of what was achieved on `day`."""
        return next((price.minor for price in self.prices if price.start <= day < price.end), None)

    def price_rank(self, minor: int) -> int:
        """Where a price stands among those of the rule; the earliest valid first."""
        return next((place for place, price in enumerate(self.prices) if price.minor == minor), len(self.prices))


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric: what it is called, who says and decides, how often it is paid for one person, and in which order
    its measurement points come."""

    code: str
    name: str
    reported_by: str
    verified_by: str
    disputes_decided_by: str
    max_payments_per_person: int
    points: Mapping[str, int]

    def rank(self, occurrence: str) -> tuple[int, str]:
        """Measurement points in the order of the terms, ordinals by number."""
        if occurrence in self.points:
            return self.points[occurrence], occurrence
        return (int(occurrence) if occurrence.isascii() and occurrence.isdecimal() else AFTER_ALL), occurrence


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap: at most `minor` for each person, for the rule `rule`, or for the contract."""

    kind: CapKind
    minor: int
    rule: str | None
    keep_paid: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """One effective version. Rules are in the order of the statement's lines."""

    contract_id: UUID
    version: int
    root: str
    currency: str
    time_zone: str
    due_days: int
    parties: tuple[NamedParty, ...]
    metrics: Mapping[str, Measured]
    rules: Mapping[str, Rule]
    limits: tuple[Limit, ...]
    readers: Mapping[str, frozenset[Role] | None]
    """Roles that may read each part, `outcomes` and `payment`; None stands for every party."""

    def role_of(self, organisation: str) -> Role | None:
        """The organisation's role in the contract, if it has one."""
        return next((party.role for party in self.parties if party.organisation_id == organisation), None)

    def payers(self) -> tuple[str, ...]:
        """Organisation ids of the payers, in party order."""
        return tuple(party.organisation_id for party in self.parties if party.role == "payer")

    def rules_on(self, metric: str) -> tuple[Rule, ...]:
        """The rules that pay for a metric, in their order."""
        return tuple(rule for rule in self.rules.values() if rule.metric == metric)

    def may_read(self, role: Role, part: str) -> bool:
        """Whether the terms let a role read one of their parts."""
        allowed = self.readers[part]
        return allowed is None or role in allowed


def terms_of(activated: ContractActivated) -> Terms:
    """What settlement needs of the terms in a `contract.activated`. They were checked when they were drafted."""
    return Terms(
        contract_id=activated.contract_id,
        version=activated.version,
        root=activated.root,
        currency=activated.currency,
        time_zone=activated.time_zone,
        due_days=activated.payment.due_days,
        parties=activated.parties,
        metrics={metric.code: _measured(metric) for metric in activated.outcomes.metrics},
        rules={rule.code: _rule(position, rule) for position, rule in enumerate(activated.payment.rules)},
        limits=tuple(
            Limit(kind=cap.kind, minor=to_minor(cap.amount), rule=cap.rule, keep_paid=cap.headroom == "keep_paid")
            for cap in activated.payment.caps
        ),
        readers={
            "outcomes": _roles(activated.outcomes.readable_by),
            "payment": _roles(activated.payment.readable_by),
        },
    )


def _roles(readable_by: tuple[Role, ...] | None) -> frozenset[Role] | None:
    return None if readable_by is None else frozenset(readable_by)


def _rule(position: int, rule: UnitPrice) -> Rule:
    prices = (
        ValidPrice(to_minor(price.price), price.valid_from or date.min, price.valid_to or date.max)
        for price in rule.prices
    )
    return Rule(
        code=rule.code,
        position=position,
        metric=rule.metric,
        payee=rule.payee,
        first_only=rule.occurrences == "first",
        max_units_per_person=rule.max_units_per_person,
        prices=tuple(sorted(prices, key=lambda price: price.start)),
    )


def _measured(metric: Metric) -> Measured:
    return Measured(
        code=metric.code,
        name=metric.name,
        reported_by=metric.reported_by,
        verified_by=metric.verified_by,
        disputes_decided_by=metric.disputes_decided_by,
        max_payments_per_person=metric.max_payments_per_person,
        points={point.code: place for place, point in enumerate(metric.measurement_points)},
    )
