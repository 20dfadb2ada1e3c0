"""Core: faults of conditions: thresholds that can be decided, in two wordings that say the same, not too deep."""

from collections.abc import Iterator

from services.core.errors import FieldError
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.measures import COUNTED, measure
from services.core.terms.faults.plain import decimal, fault, number_of, share
from services.core.terms.faults.wordings import first_difference
from services.core.terms.measures import MAX_NESTING, Basis, Condition, Fixed, Threshold


def condition(declared: Declared, clause: Condition, at: str, depth: int = 1) -> Iterator[FieldError]:
    """A condition at its pointer, with all that it is made of. It stands `depth` deep in others, from 1."""
    if isinstance(clause, Threshold):
        yield from _threshold(declared, clause, at)
        return
    if depth > MAX_NESTING:
        yield fault(at, "nesting-too-deep", f"Conditions stand at most {MAX_NESTING} deep in each other.")
        return
    if not clause.conditions:
        yield fault(f"{at}/conditions", "conditions-missing", "At least one condition.")
    for place, part in enumerate(clause.conditions):
        yield from condition(declared, part, f"{at}/conditions/{place}", depth + 1)


def plain_value(text: str, basis: Basis, pointer: str) -> Iterator[FieldError]:
    """A decimal; a whole number where it is one of counts."""
    yield from decimal(text, pointer)
    number = number_of(text)
    if basis == "count" and number is not None and number.denominator != 1:
        yield fault(pointer, "value-not-whole", "A whole number, as a count is one.")


def _value(text: str, basis: Basis, pointer: str) -> Iterator[FieldError]:
    """What a figure of that basis can be held against."""
    if basis == "share":
        yield from share(text, pointer)
        return
    yield from plain_value(text, basis, pointer)
    number = number_of(text)
    if basis == "count" and number is not None and number < 0:
        yield fault(pointer, "value-out-of-range", "Zero or more, as a count is.")


def _threshold(declared: Declared, threshold: Threshold, at: str) -> Iterator[FieldError]:
    wording = threshold.also_stated_as
    also_share = threshold.measure.basis == "count" and wording is not None and wording.basis == "share"
    faults = [
        *measure(declared, threshold.measure, f"{at}/measure", also_share=also_share),
        *_value(threshold.value, threshold.measure.basis, f"{at}/value"),
    ]
    if wording is not None:
        faults += _value(wording.value, wording.basis, f"{at}/alsoStatedAs/value")
        if threshold.measure.basis not in COUNTED or wording.basis == threshold.measure.basis:
            allowed = "The other of 'count' and 'share', beside a measure of one of the two."
            faults.append(fault(f"{at}/alsoStatedAs/basis", "also-stated-basis", allowed))
    yield from faults
    if threshold.prevails is not None and wording is None:
        yield fault(f"{at}/prevails", "prevails-not-expected", "Left out, as there is one wording only.")
    # What is at fault by itself is not compared: its values may be no numbers.
    if threshold.prevails is None and wording is not None and not faults:
        yield from _contradiction(threshold, at)


def _contradiction(threshold: Threshold, at: str) -> Iterator[FieldError]:
    """The two wordings decide every count alike, or it is said which counts."""
    say = "Two wordings that decide every count alike, or 'prevails' to say which one counts"
    denominator = threshold.measure.denominator
    if not isinstance(denominator, Fixed):
        allowed = f"{say}: without a fixed denominator they need not be alike."
        yield fault(f"{at}/alsoStatedAs", "threshold-contradictory", allowed)
        return
    differ = first_difference(threshold, denominator.number)
    if differ is not None:
        allowed = f"{say}: they differ first at {differ} of {denominator.number}."
        yield fault(f"{at}/alsoStatedAs", "threshold-contradictory", allowed)
