"""Tests: a share of what was saved, computed a second time by the checker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .claims import Claim, Known
from .exact import whole
from .terms import Definition, Terms


@dataclass(frozen=True)
class Saving:
    """What one period saved: None while it is not measured in every purse; and the claims that say so."""

    value: Fraction | None
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Shared:
    """What a rule gives for one period, in minor units; None for nothing yet."""

    point: str
    minor: int | None
    claims: tuple[Claim, ...]


def shared_savings(terms: Terms, rule: Definition, known: Known) -> Iterator[Shared]:
    """Period by period. When savings are cumulative, what each adds to the share of all so far; one that is not
    measured leaves open all that come after."""
    so_far: Fraction | None = Fraction(0)
    given = 0
    for point in dict.fromkeys(
        point for component in rule["components"] for point in terms.points(component["metric"])
    ):
        saving = _saving(terms, rule, point, known)
        if rule["accumulation"] == "per_period":
            minor = None if saving.value is None else _share(terms, rule, saving.value)
        else:
            so_far = None if saving.value is None or so_far is None else so_far + saving.value
            in_all = given if so_far is None else _share(terms, rule, so_far)
            minor, given = (None if so_far is None else in_all - given), in_all
        yield Shared(point, minor, saving.claims)


def _saving(terms: Terms, rule: Definition, point: str, known: Known) -> Saving:
    parts = [_component(terms, component, point, known) for component in rule["components"]]
    values = [part.value for part in parts if part.value is not None]
    claims = tuple(claim for part in parts for claim in part.claims)
    if len(values) < len(parts):
        return Saving(None, claims)
    deductible = terms.major(rule["deductible"]) if rule.get("deductible") else Fraction(0)
    return Saving(sum(values, Fraction(0)) - deductible, claims)


def _component(terms: Terms, component: Definition, point: str, known: Known) -> Saving:
    actual = _claims(component, point, known, "intervention")
    if not actual:
        return Saving(None, ())
    baseline, others = _baseline(terms, component, point, known, actual)
    claims = (*actual, *others)
    if baseline is None:
        return Saving(None, claims)
    saving = baseline - _sum(actual)
    if component["flow"] == "revenue":
        saving = -saving
    if component["basis"] == "net_of_reimbursement" and component.get("reimbursed"):
        saving *= 1 - Fraction(component["reimbursed"])
    return Saving(saving, claims)


def _baseline(
    terms: Terms, component: Definition, point: str, known: Known, actual: Sequence[Claim]
) -> tuple[Fraction | None, Sequence[Claim]]:
    """None where it was not measured for the same subjects, or not said on how many people."""
    baseline = component["baseline"]
    if baseline["kind"] == "measured":
        claims = _claims(component, point, known, baseline["arm"])
        of_the_same = {claim.subject for claim in claims} == {claim.subject for claim in actual}
        return (_sum(claims), claims) if of_the_same else (None, ())
    each = terms.major(baseline["amount"])
    if baseline["kind"] == "aggregate":
        return each, ()
    numbers = [n for claim in actual if (n := (claim.measurement or {}).get("n")) is not None]
    return (each * sum(numbers) if len(numbers) == len(actual) else None), ()


def _claims(component: Definition, point: str, known: Known, arm: str) -> list[Claim]:
    return [
        claim
        for claim in known.on(component["metric"])
        if claim.counts
        and (claim.occurrence, claim.arm) == (point, arm)
        and (claim.measurement or {}).get("component") == component["code"]
    ]


def _sum(claims: Sequence[Claim]) -> Fraction:
    return sum((Fraction((claim.measurement or {"value": 0})["value"]) for claim in claims), Fraction(0))


def _share(terms: Terms, rule: Definition, saving: Fraction) -> int:
    """Each slice at its share, of a loss as of a saving when it goes both ways."""
    size = abs(saving) if rule.get("twoSided") else max(saving, Fraction(0))
    given, start = Fraction(0), Fraction(0)
    for part in rule["shares"]:
        end = size if part.get("upTo") is None else min(size, terms.major(part["upTo"]))
        given += max(end - start, Fraction(0)) * Fraction(part["share"])
        start = max(start, end)
    return whole((given if saving >= 0 else -given) * 10**terms.places, terms.rounding)
