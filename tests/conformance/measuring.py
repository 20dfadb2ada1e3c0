"""Tests: measures and conditions of terms, drawn at random."""

from random import Random
from typing import Any

Definition = dict[str, Any]

COHORTS, POINTS = ("c1", "c2"), ("6m", "12m")
LEVELS = ("0.80", "0.90", "0.95", "0.975", "0.99", "0.995")


class DrawnMeasures:
    """Draws what is measured, and what it is held against."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def condition(self, depth: int) -> Definition:
        if depth > 1 and self._random.random() < 0.6:
            parts = [self.condition(depth - 1) for _ in range(self._random.randint(1, 3))]
            return {"kind": self._random.choice(["all_of", "any_of"]), "conditions": parts}
        measure = self.measure(self._random.choice(["job", "school", "score", "level", "village"]))
        value = {"count": ("1", "2", "4"), "share": ("0.2", "0.5")}.get(measure["basis"], ("-0.5", "0", "2.5"))
        comparator = self._random.choice(["ge", "gt", "le", "lt"])
        threshold = {
            "kind": "threshold",
            "measure": measure,
            "comparator": comparator,
            "value": self._random.choice(value),
        }
        if measure["basis"] == "share" and self._random.random() < 0.3:
            other = {"basis": "count", "comparator": "ge", "value": "2"}
            threshold |= {"alsoStatedAs": other, "prevails": self._random.choice(["this", "also_stated_as"])}
        return threshold

    def measure(self, metric: str) -> Definition:
        counted = metric in ("job", "school")
        missing = ["as_failure", "excluded"] + ([] if metric == "job" else ["carried"])
        definition: Definition = {"metric": metric, "missing": self._random.choice(missing)}
        if metric != "job" and self._random.random() < 0.6:
            definition["at"] = self._random.choice(POINTS)
        if metric != "village" and self._random.random() < 0.4:
            definition["cohorts"] = self._random.sample(COHORTS, self._random.randint(1, 2))
        if self._random.random() < 0.3:
            definition["rounding"] = {"mode": self._random.choice(["none", "half_up", "floor", "ceil"]), "places": 1}
        return definition | (self._counted() if counted else self._compared(metric))

    def _counted(self) -> Definition:
        if self._random.random() < 0.4:
            return {"basis": "count", "counting": self._random.choice(["subjects", "units"])}
        denominators: list[Definition] = [
            {"kind": "fixed", "number": 5},
            {"kind": "as_enrolled", "neutralExits": ["moved"]},
            {"kind": "as_enrolled"},
            {"kind": "verified_count", "metric": "begun"},
        ]
        share: Definition = {"basis": "share"}
        return share if self._random.random() < 0.2 else {**share, "denominator": self._random.choice(denominators)}

    def _compared(self, metric: str) -> Definition:
        against = {"against": self._random.choice(["comparison", "baseline"])}
        level = self._random.choice(LEVELS)
        denominators: list[Definition] = [
            {"basis": "mean"},
            {"basis": "difference", **against},
            {"basis": "relative_change", **against},
            {"basis": "lower_bound", "bound": {"of": "mean", "level": level}},
            {"basis": "lower_bound", "bound": {"of": "difference", "level": level}, **against},
        ]
        return self._random.choice([*denominators, {"basis": "paired_change"}] if metric == "score" else denominators)
