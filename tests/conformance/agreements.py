"""Tests: terms drawn at random, over every mechanism, that can be decided as they stand."""

import copy
from itertools import pairwise
from random import Random
from typing import Any

from tests.conformance.measuring import COHORTS, POINTS, Definition, DrawnMeasures

PAYERS = ("0088:9521000000018", "0184:12345674", "0088:9521000000063")
INVESTOR, PROVIDER, EVALUATOR = "0088:9521000000025", "0088:9521000000032", "0088:9521000000049"
PERIODS = ("q1", "q2")
OUTCOMES = {"start": "2026-01-01", "end": "2028-01-01"}
FRAME: Definition = {
    "title": "A contract",
    "version": 1,
    "root": "ab" * 32,
    "currency": "DKK",
    "timeZone": "Europe/Copenhagen",
    "servicePeriod": OUTCOMES,
    "outcomePeriod": OUTCOMES,
    "claimsCloseOn": "2028-07-01",
    "effectiveFrom": "2026-01-01",
}
CAPS = ("person", "rule", "period", "contract", "payer")


class Drawn(DrawnMeasures):
    """Draws terms: whatever stands in them is drawn by one source of chance."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.payers = PAYERS[: random.randint(1, 3)]
        self._limits_payers = random.choice([{"split"}, {"cap"}, {"split", "cap"}, set[str]()])

    def first(self) -> Definition:
        """A first version of terms."""
        rules = self._rules()
        paid = {rule["metric"] for rule in rules if rule["kind"] in ("unit_price", "milestone")}
        terms: Definition = {
            **FRAME,
            "parties": self._parties(),
            "outcomes": {
                "metrics": self._metrics(paid),
                "cohorts": [{"code": code, "name": code} for code in COHORTS],
            },
            "payment": {"rules": rules, "dueDays": 30},
        }
        return self._around(terms)

    def amended(self, terms: Definition, day: str) -> Definition:
        """A later version: other amounts, conditions, caps, splits, windows and retention; some rules may be gone."""
        later = copy.deepcopy(terms)
        later |= {"version": terms["version"] + 1, "effectiveFrom": day}
        rules = later["payment"]["rules"]
        later["payment"]["rules"] = [rule for rule in rules if self._random.random() < 0.85] or rules
        for rule in later["payment"]["rules"]:
            if "condition" in rule and self._random.random() < 0.3:
                rule["condition"] = self.condition(3)
            if self._random.random() < 0.1:
                rule["when"] = self.condition(2)
            if "amount" in rule:
                rule["amount"] = self.money(1, 90_000)
            if rule["kind"] == "unit_price":
                rule |= self._prices(rule.get("index") is not None)
            rule["payee"] = self._random.choice([PROVIDER, rule["payee"]])
        later["payment"]["retroactive"] = self._random.random() < 0.3
        return self._around(later)

    def money(self, low: int, high: int) -> Definition:
        """An amount of minor units."""
        minor = self._random.randint(low, high)
        return {"amount": f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}", "currency": "DKK"}

    def _parties(self) -> list[Definition]:
        roles = [(payer, "payer") for payer in self.payers]
        roles += [(INVESTOR, "investor"), (PROVIDER, "provider"), (EVALUATOR, "evaluator")]
        return [{"organisationId": party, "name": party, "role": role} for party, role in roles]

    def _metrics(self, paid: set[str]) -> list[Definition]:
        def metric(code: str, subject: str = "participant", **more: Any) -> Definition:
            who = {"reportedBy": PROVIDER, "verifiedBy": PAYERS[0], "disputesDecidedBy": EVALUATOR}
            use = "paid" if code in paid else "observed"
            body = {"code": code, "name": code, "subject": subject, "unit": "outcome", "reports": "units", "use": use}
            return {**body, **who, "maxPaymentsPerPerson": self._random.randint(1, 3), **more}

        values: Definition = {"unit": "point", "reports": "measurement", "measurementPoints": _points(POINTS)}
        amounts: Definition = {"unit": "amount", "reports": "measurement", "measurementPoints": _points(PERIODS)}
        needs: Definition = {"prerequisite": "begun"} if self._random.random() < 0.3 else {}
        return [
            metric("job", **needs),
            metric("begun"),
            metric("moved"),
            metric("school", measurementPoints=_points(POINTS)),
            metric("built", "cohort"),
            metric("score", **values, **needs),
            metric("level", "cohort", **values),
            metric("village", "site", **values),
            metric("purse", "cohort", **amounts),
        ]

    def _rules(self) -> list[Definition]:
        makers = (
            *(self._unit_price, self._unit_price, self._milestone, self._bands_by_subject, self._bands_pooled),
            *(self._gate, self._savings, self._fee),
        )
        chosen = self._random.sample(makers, self._random.randint(2, 6))
        rules = [{**make(), "code": f"r{place}"} for place, make in enumerate(chosen)]
        return [self._with_more(rule) for rule in rules]

    def _with_more(self, rule: Definition) -> Definition:
        vat = {"category": "outside_scope", "pricesIncludeVat": False}
        nature = self._random.choice(["service", "conditional_repayment"])
        rule |= {"payee": self._random.choice([PROVIDER, INVESTOR]), "nature": nature, "vat": vat}
        if self._random.random() < 0.25:
            rule["when"] = self.condition(2)
        return rule

    def _unit_price(self) -> Definition:
        rule: Definition = {"kind": "unit_price", "metric": self._random.choice(["job", "school"])}
        rule |= {"occurrences": self._random.choice(["first", "every", "every"])}
        if self._random.random() < 0.4:
            rule["index"] = "prices"
        if self._random.random() < 0.3:
            rule["twoSided"] = True
        for name, most in (("maxUnitsPerPerson", 6), ("maxUnits", 9)):
            if self._random.random() < 0.4:
                rule[name] = self._random.randint(1, most)
        return {**rule, **self._prices(rule.get("index") is not None, two_sided=rule.get("twoSided", False))}

    def _prices(self, indexed: bool, *, two_sided: bool = False) -> Definition:
        low = -5_000 if two_sided else 0
        price, other = self.money(low, 30_000), self.money(low, 30_000)
        if indexed and self._random.random() < 0.5:
            return {"prices": [{"price": price}]}
        return {"prices": [{"price": price, "validTo": "2026-08-01"}, {"price": other, "validFrom": "2026-08-01"}]}

    def _milestone(self) -> Definition:
        rule: Definition = {"kind": "milestone", "metric": "built", "amount": self.money(1, 90_000)}
        if self._random.random() < 0.5:
            rule |= {"dueOn": "2026-09-01", "late": self._random.choice(["pays", "lost"])}
        return rule

    def _bands_by_subject(self) -> Definition:
        measure = self.measure(self._random.choice(["score", "level", "village", "school"]))
        if measure["basis"] == "share":
            measure |= {"basis": "count"}
            measure.pop("denominator", None)
        return {"kind": "bands", "per": "subject", "measure": measure, **self._method(measure["basis"])}

    def _bands_pooled(self) -> Definition:
        measure = self.measure(self._random.choice(["score", "level", "village", "school", "job"]))
        return {"kind": "bands", "measure": measure, **self._method(measure["basis"])}

    def _method(self, basis: str) -> Definition:
        two_sided = self._random.random() < 0.5
        low = -20_000 if two_sided else 0
        edges = {"count": ("1", "3", "7"), "share": ("0.2", "0.5", "0.8")}.get(basis, ("-2.5", "0.5", "6"))
        method = self._random.choice(["flat", "marginal", "interpolated"])
        rule: Definition = {"method": method, "twoSided": two_sided}
        if method == "interpolated":
            rule["points"] = [{"value": value, "amount": self.money(low, 60_000)} for value in edges]
        else:
            pays, ends = ("amount" if method == "flat" else "rate"), (None, *edges, None)
            bands = [{"from": start, "to": end, pays: self.money(low, 60_000)} for start, end in pairwise(ends)]
            keep = bands if self._random.random() < 0.7 else bands[1:3]
            rule["bands"] = [{name: value for name, value in band.items() if value is not None} for band in keep]
        if method == "marginal":
            rule["origin"] = self._random.choice(["0", "0", "1"])
        if self._random.random() < 0.4:
            rule |= {"floor": self.money(low, 9_000), "ceiling": self.money(10_000, 80_000)}
        return rule

    def _gate(self) -> Definition:
        return {"kind": "gate", "amount": self.money(1, 90_000), "condition": self.condition(3)}

    def _fee(self) -> Definition:
        every = self._random.choice(["month", "quarter", "year"])
        rule: Definition = {"kind": "service_fee", "every": every, "amount": self.money(1, 9_000)}
        if self._random.random() < 0.4:
            rule["delivery"] = self._random.choice(["built", "begun"])
        return {**rule, "start": self._random.choice(["2026-01-01", "2026-02-15"]), "until": "2028-01-01"}

    def _savings(self) -> Definition:
        slices: list[Definition] = [{"share": "0.5"}]
        if self._random.random() < 0.5:
            slices = [{"share": "0.2", "upTo": self.money(1, 50_000)}, {"share": "0.7"}]
        rule: Definition = {
            "kind": "savings_share",
            "components": [self._component(code) for code in ("a", "b")[: self._random.randint(1, 2)]],
            "shares": slices,
            "accumulation": self._random.choice(["cumulative", "per_period"]),
            "twoSided": self._random.random() < 0.5,
        }
        return {**rule, "deductible": self.money(0, 5_000)} if self._random.random() < 0.4 else rule

    def _component(self, code: str) -> Definition:
        kind = self._random.choice(["aggregate", "per_person", "per_person_day", "measured"])
        highest = {"aggregate": 90_000, "per_person": 9_000, "per_person_day": 5_000}.get(kind, 0)
        measured = {"arm": self._random.choice(["comparison", "baseline"])}
        baseline = {"kind": kind, **(measured if kind == "measured" else {"amount": self.money(0, highest)})}
        component = {"code": code, "metric": "purse", "flow": self._random.choice(["cost", "revenue"])}
        if self._random.random() < 0.5:
            return {**component, "basis": "gross", "baseline": baseline}
        return {**component, "basis": "net_of_reimbursement", "reimbursed": "0.35", "baseline": baseline}

    def _around(self, terms: Definition) -> Definition:
        """Caps, splits, windows, indices, retention and rounding, drawn anew."""
        payment = terms["payment"]
        for rule in payment["rules"]:
            rule.pop("split", None)
            if self._random.random() < 0.2:
                rule["split"] = self._split()
        payment["split"] = self._naming_all(self._split())
        payment["caps"] = [cap for kind in CAPS for cap in self._caps(kind, payment["rules"])]
        payment["windows"] = self._windows(payment.get("windows"))
        payment["indices"] = [{"code": "prices", "base": "100", "values": self._index()}]
        payment["rounding"] = self._random.choice(["half_up", "floor", "ceil"])
        payment.pop("retention", None)
        if self._random.random() < 0.4:
            payment["retention"] = self._retention([rule["code"] for rule in payment["rules"]])
        return terms

    def _naming_all(self, split: Definition) -> Definition:
        parts, nothing = (
            ("weights", {"weight": 0}) if split["kind"] == "shares" else ("maxima", {"amount": self.money(0, 0)})
        )
        named = {part["payer"] for part in split[parts]}
        for payer in self.payers:
            if payer not in named:
                split[parts].insert(self._random.randint(0, len(split[parts])), {"payer": payer, **nothing})
        return split

    def _split(self) -> Definition:
        payers = self._random.sample(self.payers, self._random.randint(1, len(self.payers)))
        if self._random.random() < 0.4 or "split" not in self._limits_payers:
            weights = [{"payer": payer, "weight": self._random.randint(1, 5)} for payer in payers]
            return {"kind": "shares", "weights": weights}
        maxima = [{"payer": payer, "amount": self.money(200_000, 300_000)} for payer in payers]
        maxima[0]["amount"] = self.money(1, 60_000)
        return {"kind": "maxima_in_order", "maxima": [*maxima[:-1], {**maxima[-1], "amount": self.money(*LARGE)}]}

    def _caps(self, kind: str, rules: list[Definition]) -> list[Definition]:
        if self._random.random() < 0.6 or (kind == "payer" and "cap" not in self._limits_payers):
            return []
        cap: Definition = {"kind": kind, "amount": self.money(1, 150_000)}
        if kind == "rule":
            headroom = self._random.choice(["keep_paid", "by_date"])
            few = [rule["code"] for rule in rules if self._random.random() < 0.5]
            return [{**cap, "rule": code, "headroom": headroom} for code in few]
        if kind == "payer":
            last = [{**cap, "payer": self.payers[-1], "overflow": "lost"}]
            overflow = self._random.choice(["lost", "next_payer"])
            return last + [{**cap, "payer": payer, "overflow": overflow} for payer in self.payers[:-1]]
        if kind == "period":
            every, basis = (
                self._random.choice(["month", "quarter", "year"]),
                self._random.choice(["achieved", "settled"]),
            )
            cap |= {"every": every, "periodBasis": basis}
        if cap.get("periodBasis") != "settled":
            cap["headroom"] = self._random.choice(["keep_paid", "by_date"])
        return [cap]

    def _windows(self, before: list[Definition] | None) -> list[Definition]:
        """A grant is there from the first version on, or never."""
        windows: list[Definition] = []
        if self._random.random() < 0.3:
            then = self._random.random() < 0.5
            windows.append(
                {"mode": "paused", "code": "w1", "start": "2026-03-01", "end": "2026-05-10", "thenPayable": then}
            )
        grants = [window for window in before or () if window["mode"] == "grant"]
        if grants or (before is None and self._random.random() < 0.3):
            vat = {"category": "exempt", "pricesIncludeVat": False}
            days = {"start": "2026-06-01", "end": "2026-09-15", "every": "month"}
            grant: Definition = {"mode": "grant", "code": "w2", **days}
            windows.append({**grant, "amount": self.money(1, 9_000), "payee": PROVIDER, "nature": "grant", "vat": vat})
        return windows

    def _index(self) -> list[Definition]:
        return [
            {"from": day, "value": f"{self._random.randint(90, 120)}.{self._random.randint(0, 9)}"}
            for day in ("2025-12-01", "2026-05-01", "2026-11-01")
        ]

    def _retention(self, rules: list[str]) -> Definition:
        retention: Definition = {"share": "0.15"}
        if self._random.random() < 0.5:
            retention["rules"] = self._random.sample(rules, self._random.randint(1, len(rules)))
        if self._random.random() < 0.5:
            return {**retention, "releaseOn": "2026-10-01"}
        return {**retention, "releaseWhen": self.condition(1)}


LARGE = (9_000_000, 9_900_000)


def _points(codes: tuple[str, ...]) -> list[Definition]:
    return [{"code": code, "name": code} for code in codes]
