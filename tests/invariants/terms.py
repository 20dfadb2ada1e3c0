"""Tests: what the checker needs of a contract's terms, read from `contract.activated`: prices, limits, order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLACES = {"ISK": 0, "JPY": 0}
FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"
CAPS = ("person", "rule", "contract")


@dataclass(frozen=True)
class Terms:
    """One contract as it is in force. Dates are ISO 8601 texts, which compare as the days do."""

    said: Mapping[str, Any]

    @property
    def currency(self) -> str:
        """ISO 4217."""
        return str(self.said["currency"])

    @property
    def rules(self) -> list[Mapping[str, Any]]:
        """Payment rules in the order of the terms."""
        return list(self.said["payment"]["rules"])

    @property
    def payer(self) -> str:
        """The one payer."""
        return str(next(party["organisationId"] for party in self.said["parties"] if party["role"] == "payer"))

    def metric(self, code: str) -> Mapping[str, Any]:
        """A metric by its code."""
        found: Mapping[str, Any] = next(one for one in self.said["outcomes"]["metrics"] if one["code"] == code)
        return found

    def rank(self, metric: str, occurrence: str) -> tuple[int, str]:
        """Measurement points in the order of the terms, ordinals by number."""
        points = [point["code"] for point in self.metric(metric).get("measurementPoints") or ()]
        if occurrence in points:
            return points.index(occurrence), occurrence
        return (int(occurrence) if occurrence.isdecimal() else 1 << 30), occurrence

    def prices(self, rule: Mapping[str, Any]) -> list[tuple[str, str, int]]:
        """(from, to, minor units) of each price of a rule, the earliest first."""
        return sorted(
            (price.get("validFrom") or FIRST_DAY, price.get("validTo") or LAST_DAY, self.minor(price["price"]))
            for price in rule["prices"]
        )

    def caps(self, kind: str) -> list[tuple[int, str | None, bool]]:
        """(minor units, rule, whether what was posted keeps its place) of each cap of a kind."""
        return [
            (self.minor(cap["amount"]), cap.get("rule"), cap.get("headroom", "keep_paid") == "keep_paid")
            for cap in self.said["payment"].get("caps") or ()
            if cap["kind"] == kind
        ]

    def minor(self, money: Mapping[str, str]) -> int:
        """Whole minor units of an amount."""
        return minor(money)

    def money(self, amount: int) -> dict[str, str]:
        """An amount of minor units as it is said outside."""
        places = PLACES.get(self.currency, 2)
        sign, digits = ("-" if amount < 0 else ""), str(abs(amount)).rjust(places + 1, "0")
        text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
        return {"amount": sign + text, "currency": self.currency}


def minor(money: Mapping[str, str]) -> int:
    """Whole minor units of an amount: its digits, as it has exactly the places of its currency."""
    return int(money["amount"].replace(".", ""))
