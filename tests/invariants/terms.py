"""Tests: what the checker needs of a contract's terms, read from what was said of each version: rules, prices, caps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from .days import FIRST_DAY, LAST_DAY, day_before
from .exact import whole

PLACES = {"ISK": 0, "JPY": 0}
AFTER_ALL = 1 << 30
CAPS = ("person", "rule", "period", "contract")
"""Caps on what is achieved, in the order in which they cut."""
BY_UNITS = ("unit_price", "milestone")
Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Terms:
    """One version as it was put into force. Dates are ISO 8601 texts."""

    definition: Definition

    @property
    def version(self) -> int:
        """Its number."""
        return int(self.definition["version"])

    @property
    def currency(self) -> str:
        """ISO 4217."""
        return str(self.definition["currency"])

    @property
    def places(self) -> int:
        """Decimals of an amount."""
        return PLACES.get(self.currency, 2)

    @property
    def payment(self) -> Definition:
        """The part that says what is paid."""
        part: Definition = self.definition["payment"]
        return part

    @property
    def rounding(self) -> str:
        """How what is not a whole minor unit is rounded."""
        return str(self.payment.get("rounding", "half_up"))

    @property
    def windows(self) -> Sequence[Definition]:
        """Windows of grants and pauses."""
        return self.payment.get("windows") or ()

    @cached_property
    def rules(self) -> Mapping[str, Definition]:
        """Payment rules in the order of the terms; behind them grants, each a fee for the periods of its window."""
        grants = [
            {**window, "kind": "service_fee", "until": window["end"]}
            for window in self.windows
            if window["mode"] == "grant"
        ]
        return {rule["code"]: rule for rule in [*self.payment["rules"], *grants]}

    @property
    def payers(self) -> list[str]:
        """Who pays, in party order."""
        return [party["organisationId"] for party in self.definition["parties"] if party["role"] == "payer"]

    @cached_property
    def metrics(self) -> Mapping[str, Definition]:
        """Metrics by their codes."""
        return {metric["code"]: metric for metric in self.definition["outcomes"]["metrics"]}

    @property
    def cohorts(self) -> list[str]:
        """The codes of cohorts."""
        return [cohort["code"] for cohort in self.definition["outcomes"].get("cohorts") or ()]

    def points(self, metric: str) -> list[str]:
        """A metric's measurement points in their order."""
        return [point["code"] for point in self.metrics[metric].get("measurementPoints") or ()]

    def rank(self, metric: str, occurrence: str) -> tuple[int, str]:
        """Measurement points in the order of the terms, ordinals by number."""
        points = self.points(metric) if metric in self.metrics else []
        if occurrence in points:
            return points.index(occurrence), occurrence
        ordinal = occurrence.isascii() and occurrence.isdecimal()
        return (int(occurrence) if ordinal else AFTER_ALL), occurrence

    def prices(self, rule: Definition) -> list[tuple[str, str, int]]:
        """(from, to, minor units) of each price of a rule, the earliest first: cut where its index changes."""
        prices = []
        for price in rule.get("prices") or ():
            start, end = price.get("validFrom") or FIRST_DAY, price.get("validTo") or LAST_DAY
            for first, last, factor in self._factors(rule.get("index")):
                if max(start, first) < min(end, last):
                    minor = whole(self.minor(price["price"]) * factor, self.rounding)
                    prices.append((max(start, first), min(end, last), minor))
        return sorted(prices)

    def _factors(self, code: str | None) -> list[tuple[str, str, Fraction]]:
        index = next((listed for listed in self.payment.get("indices") or () if listed["code"] == code), None)
        if index is None:
            return [(FIRST_DAY, LAST_DAY, Fraction(1))]
        values = sorted(index["values"], key=lambda value: value["from"])
        ends = [value["from"] for value in values[1:]] + [LAST_DAY]
        base = Fraction(index["base"])
        return [(value["from"], end, Fraction(value["value"]) / base) for value, end in zip(values, ends, strict=True)]

    def caps(self, kind: str) -> list[Definition]:
        """The caps of a kind."""
        return [cap for cap in self.payment.get("caps") or () if cap["kind"] == kind]

    def split(self, rule: str) -> Definition | None:
        """How payers share what a rule gives."""
        return self.rules[rule].get("split") or self.payment.get("split")

    def minor(self, money: Mapping[str, str]) -> int:
        """Whole minor units of an amount."""
        return minor(money)

    def major(self, money: Mapping[str, str]) -> Fraction:
        """An amount as a number."""
        return Fraction(money["amount"])

    def money(self, amount: int) -> dict[str, str]:
        """An amount of minor units as it is said outside."""
        places = self.places
        sign, digits = ("-" if amount < 0 else ""), str(abs(amount)).rjust(places + 1, "0")
        text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
        return {"amount": sign + text, "currency": self.currency}


@dataclass(frozen=True)
class History:
    """All versions that were put into force, by their numbers."""

    versions: tuple[Terms, ...]

    @property
    def newest(self) -> Terms:
        """The last version."""
        return self.versions[-1]

    def governing(self, day: str) -> Terms:
        """The version that decides on what was achieved on a day: the last that was in effect, or is retroactive."""
        held = [
            terms
            for terms in self.versions
            if terms.payment.get("retroactive") or terms.definition.get("effectiveFrom", "") <= day
        ]
        return held[-1] if held else self.versions[0]

    def at_end(self, ends: str) -> Terms:
        """The version whose caps hold for what was achieved before a day."""
        return self.governing(day_before(ends))

    def version(self, number: int) -> Terms:
        """The version of a number."""
        return next(terms for terms in self.versions if terms.version == number)

    @cached_property
    def rules(self) -> Mapping[str, Definition]:
        """Every rule as it reads in the last version that has it; those of the newest first."""
        rules: dict[str, Definition] = {}
        for terms in reversed(self.versions):
            rules |= {code: rule for code, rule in terms.rules.items() if code not in rules}
        return rules

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each rule among all."""
        return {code: place for place, code in enumerate(self.rules)}

    def prices_of(self, code: str) -> list[tuple[str, str, int]]:
        """The prices of a rule in the last version that has it."""
        holder = next(terms for terms in reversed(self.versions) if code in terms.rules)
        return holder.prices(holder.rules[code])

    def holder(self, metric: str) -> Terms:
        """The last version that has a metric."""
        return next((terms for terms in reversed(self.versions) if metric in terms.metrics), self.newest)

    def rank(self, metric: str, occurrence: str) -> tuple[int, str]:
        """Where an occurrence stands among those of its metric."""
        return self.holder(metric).rank(metric, occurrence)


def minor(money: Mapping[str, str]) -> int:
    """Whole minor units of an amount: its digits, as it has exactly the places of its currency."""
    return int(money["amount"].replace(".", ""))


def metrics_paid(rule: Definition) -> list[str]:
    """The metrics whose claims a rule turns into money."""
    kind = rule["kind"]
    if kind in ("unit_price", "milestone"):
        return [rule["metric"]]
    if kind == "bands":
        return [rule["measure"]["metric"]]
    if kind == "gate":
        return [measure["metric"] for measure in measures_in(rule["condition"])]
    if kind == "savings_share":
        return [component["metric"] for component in rule["components"]]
    return [rule["delivery"]] if rule.get("delivery") else []


def is_by_subject(rule: Definition) -> bool:
    """Whether a rule pays for single claims."""
    return rule["kind"] in BY_UNITS or (rule["kind"] == "bands" and rule.get("per") == "subject")


def pays_for_people(history: History, code: str) -> bool:
    """Whether a rule pays for single participants."""
    rule = history.rules.get(code)
    if rule is None or not is_by_subject(rule):
        return False
    return "participant" in {history.holder(metric).metrics[metric]["subject"] for metric in metrics_paid(rule)}


def measures_in(condition: Definition) -> list[Definition]:
    """The measures of a condition's thresholds."""
    if condition["kind"] == "threshold":
        return [condition["measure"]]
    return [measure for part in condition["conditions"] for measure in measures_in(part)]
