"""Tests: a figure from verified claims, computed a second time by the checker, and the claims that it rests on."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID, uuid5

from .claims import Claim, Known
from .exact import root, rounded
from .terms import Definition, Terms

WIDTHS = {
    "0.80": "1.281552",
    "0.90": "1.644854",
    "0.95": "1.959964",
    "0.975": "2.241403",
    "0.99": "2.575829",
    "0.995": "2.807034",
}
"""Standard errors from the middle of a two-sided interval to its end."""


@dataclass(frozen=True)
class Figure:
    """A number, None while it is not measured, and the ids of claims that it rests on."""

    value: Fraction | None = None
    rests_on: frozenset[str] = frozenset()


NOT_MEASURED = Figure()


def measured(measure: Definition, terms: Terms, known: Known) -> Figure:
    """The figure that a measure asks for."""
    asked = _Asked(measure, terms, known)
    figure: Figure = getattr(asked, measure["basis"])()
    rounding = measure.get("rounding")
    if rounding is None or figure.value is None:
        return figure
    return Figure(rounded(figure.value, rounding["mode"], rounding.get("places", 0)), figure.rests_on)


class _Asked:
    """A measure with what it is asked of; a method for each basis."""

    def __init__(self, measure: Definition, terms: Terms, known: Known) -> None:
        self._measure, self._terms, self._known = measure, terms, known
        self._metric = terms.metrics[measure["metric"]]
        cohorts = measure.get("cohorts")
        self._enrolled = {subject for subject, cohort, _ in known.enrolled if cohorts is None or cohort in cohorts}
        named = terms.cohorts if cohorts is None else cohorts
        self._cohorts = {str(uuid5(UUID(known.contract_id), f"cohort/{code}")) for code in named}
        self._at, self._missing = measure.get("at"), measure["missing"]

    def count(self) -> Figure:
        """Subjects, or units."""
        held = self._held()
        if not held and not self._decided(self._metric["code"]):
            return NOT_MEASURED
        if self._measure.get("counting", "subjects") == "units":
            return _figure(sum(claim.units for claim in held), held)
        return _figure(len(_subjects(held)), held)

    def share(self) -> Figure:
        """Subjects of those there are."""
        out = self._neutral()
        held = [claim for claim in self._held() if claim.subject not in out]
        if not held and not self._decided(self._metric["code"]):
            return NOT_MEASURED
        number, others = self._denominator(out)
        value = Fraction(len(_subjects(held)), number) if number else None
        return Figure(value, _ids([*held, *others]))

    def mean(self) -> Figure:
        """The mean of the arm that is helped."""
        return self._mean_of("intervention")

    def difference(self) -> Figure:
        """Against another arm."""
        mean, other = self.mean(), self._mean_of(self._against())
        value = None if mean.value is None or other.value is None else mean.value - other.value
        return Figure(value, mean.rests_on | other.rests_on)

    def relative_change(self) -> Figure:
        """The same, as a part of the other arm's mean."""
        change, other = self.difference(), self._mean_of(self._against())
        value = change.value / other.value if change.value is not None and other.value else None
        return Figure(value, change.rests_on)

    def paired_change(self) -> Figure:
        """The mean over persons of value less their own baseline."""
        start = {claim.subject: claim for claim in self._held("baseline")}
        pairs = [(claim, start[claim.subject]) for claim in self._held("intervention") if claim.subject in start]
        if not pairs:
            return NOT_MEASURED
        number = len(pairs) + self._failures(now for now, _ in pairs)
        total = sum((_value(now) - _value(then) for now, then in pairs), Fraction(0))
        return Figure(total / number, _ids(claim for pair in pairs for claim in pair))

    def lower_bound(self) -> Figure:
        """The lower end of the confidence interval."""
        bound = self._measure["bound"]
        of_difference = bound["of"] == "difference"
        estimate = self.difference() if of_difference else self.mean()
        arms = ["intervention", *([self._against()] if of_difference else [])]
        errors = [self._error_of(arm) for arm in arms]
        rests_on = estimate.rests_on.union(*(error.rests_on for error in errors))
        known = [error.value for error in errors if error.value is not None]
        if estimate.value is None or len(known) < len(errors):
            return Figure(None, rests_on)
        spread = known[0] if len(known) == 1 else root(sum((error**2 for error in known), Fraction(0)))
        return Figure(estimate.value - Fraction(WIDTHS[bound["level"]]) * spread, rests_on)

    def _against(self) -> str:
        return str(self._measure.get("against") or "comparison")

    def _in_scope(self, metric: str) -> list[Claim]:
        claims = self._known.on(metric)
        if self._metric["subject"] == "cohort":
            return [claim for claim in claims if claim.subject in self._cohorts]
        if self._metric["subject"] == "site" or self._measure.get("cohorts") is None:
            return claims
        return [claim for claim in claims if claim.subject in self._enrolled]

    def _decided(self, metric: str) -> list[Claim]:
        at = self._at if metric == self._metric["code"] else None
        return [claim for claim in self._in_scope(metric) if claim.is_decided and at in (None, claim.occurrence)]

    def _held(self, arm: str | None = None) -> list[Claim]:
        """Verified claims at the point that is asked about; with `carried`, those of the point before for who was not
        measured at it. A baseline has no point."""
        claims = [claim for claim in self._in_scope(self._metric["code"]) if arm in (None, claim.arm)]
        held = [claim for claim in claims if claim.counts]
        if self._at is None or arm == "baseline":
            return held
        there = [claim for claim in held if claim.occurrence == self._at]
        if self._missing != "carried":
            return there
        measured_there = {claim.subject for claim in claims if claim.is_decided and claim.occurrence == self._at}
        code, last = self._metric["code"], dict[str, Claim]()
        for claim in sorted(held, key=lambda claim: self._terms.rank(code, claim.occurrence)):
            earlier = self._terms.rank(code, claim.occurrence) < self._terms.rank(code, self._at)
            if earlier and claim.subject not in measured_there:
                last[claim.subject] = claim
        return there + list(last.values())

    def _neutral(self) -> set[str]:
        denominator = self._measure.get("denominator") or {}
        exits = denominator.get("neutralExits") or ()
        return {claim.subject for code in exits for claim in self._known.on(code) if claim.counts}

    def _denominator(self, out: set[str]) -> tuple[int, list[Claim]]:
        denominator = self._measure.get("denominator") or {"kind": "as_enrolled"}
        if denominator["kind"] == "fixed":
            return int(denominator["number"]), []
        if denominator["kind"] == "verified_count":
            counted = [claim for claim in self._decided(denominator["metric"]) if claim.counts]
            return len(_subjects(counted)), counted
        people = self._enrolled - out
        if self._missing == "excluded":
            people &= _subjects(self._decided(self._metric["code"]))
        return len(people), []

    def _mean_of(self, arm: str) -> Figure:
        held = self._held(arm)
        if not held:
            return NOT_MEASURED
        if self._metric["subject"] == "cohort" and self._missing != "excluded" and self._cohorts - _subjects(held):
            return Figure(None, _ids(held))
        of_people = self._metric["subject"] == "participant"
        number = sum(map(measured_on, held)) + (self._failures(held) if of_people else 0)
        if len(held) == 1 and not of_people:
            return _figure(_value(held[0]), held)
        if not number:
            return Figure(None, _ids(held))
        return _figure(sum((_value(claim) * measured_on(claim) for claim in held), Fraction(0)) / number, held)

    def _failures(self, held: Iterable[Claim]) -> int:
        """How many who were enrolled have no value, where that is a failure."""
        return len(self._enrolled - _subjects(held)) if self._missing == "as_failure" else 0

    def _error_of(self, arm: str) -> Figure:
        """The standard error of an arm's mean, pooled by n over those that it is the mean of."""
        held = self._held(arm)
        texts = [claim.measurement.get("standardError") for claim in held if claim.measurement]
        errors = [Fraction(text) for text in texts if text is not None]
        if not held or len(errors) < len(held):
            return NOT_MEASURED
        if len(held) == 1:
            return _figure(errors[0], held)
        weights = [measured_on(claim) for claim in held]
        squares = sum(((error * n) ** 2 for error, n in zip(errors, weights, strict=True)), Fraction(0))
        return _figure(root(squares) / sum(weights), held) if sum(weights) else Figure(None, _ids(held))


def measured_on(claim: Claim) -> int:
    """The n of a measurement; 1 where none is said."""
    number = (claim.measurement or {}).get("n")
    return 1 if number is None else int(number)


def _value(claim: Claim) -> Fraction:
    return Fraction((claim.measurement or {"value": 0})["value"])


def _figure(value: Fraction | int, claims: Iterable[Claim]) -> Figure:
    return Figure(Fraction(value), _ids(claims))


def _ids(claims: Iterable[Claim]) -> frozenset[str]:
    return frozenset(claim.id for claim in claims)


def _subjects(claims: Iterable[Claim]) -> set[str]:
    return {claim.subject for claim in claims}
