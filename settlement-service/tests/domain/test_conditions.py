"""Tests: conditions are true, false or not yet measured, nested as they may be."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from services.core.terms.measures import Condition
from services.events.outcomes import OutcomeRejected
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.mechanisms.conditions import decided

from ..books import Books
from ..builders import NOON, PAYER, a_claim, a_metric, a_rule, claimed
from ..mechanisms import (
    a_contract,
    a_gate,
    a_measure,
    a_threshold,
    all_of,
    any_of,
    lines,
    measured_metric,
    reading,
    withdrawn,
)

VALUES = {True: "2", False: "0", None: None}
TRUTHS = (True, False, None)


def truth(condition: Condition, **measured: str | None) -> bool | None:
    books = Books(a_contract(a_rule(), metrics=[measured_metric(code) for code in measured] + [a_metric()]))
    books.verify(*(reading(books, value, metric=code) for code, value in measured.items() if value is not None))
    outcomes = OutcomeData(books.contract_id, list(books.state.claims.values()), ())
    found = decided(condition, books.terms, outcomes).value
    assert found is None or isinstance(found, bool)
    return found


def at_least_one(code: str) -> Condition:
    return a_threshold(a_measure(code), "ge", "1")


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        ("ge", [False, True, True]),
        ("gt", [False, False, True]),
        ("le", [True, True, False]),
        ("lt", [True, False, False]),
    ],
)
def test_comparators_below_at_and_above(comparator: Any, expected: list[bool]) -> None:
    threshold = a_threshold(a_measure("x"), comparator, "1.50")
    assert [truth(threshold, x=value) for value in ("1.49", "1.5", "1.51")] == expected


@pytest.mark.parametrize(("one", "other"), list(product(TRUTHS, TRUTHS)))
def test_all_and_any_of_three_truths(one: bool | None, other: bool | None) -> None:
    parts, both = (at_least_one("x"), at_least_one("y")), {one, other}
    said = {"x": VALUES[one], "y": VALUES[other]}
    assert truth(all_of(*parts), **said) is (False if False in both else None if None in both else True)
    assert truth(any_of(*parts), **said) is (True if True in both else None if None in both else False)


@pytest.mark.parametrize(
    ("x", "y", "z", "expected"),
    [("2", None, "0", None), ("2", None, "2", True), ("0", None, "2", False), ("2", "0", "0", False)],
)
def test_nested(x: str, y: str | None, z: str, expected: bool | None) -> None:
    condition = all_of(at_least_one("x"), any_of(at_least_one("y"), at_least_one("z")))
    assert truth(condition, x=x, y=y, z=z) is expected


def test_a_gate_is_paid_once_and_taken_back_when_it_falls() -> None:
    books = Books(a_contract(a_gate(at_least_one("rate")), metrics=[measured_metric()]))
    assert lines(books.settle()) == {"gate": (0, "not-yet-measured")}
    low = reading(books, "0.5")
    books.verify(low)
    assert lines(books.settle()) == {"gate": (0, "gate-not-met")}
    withdrawn(books, low)
    high = reading(books, "3")
    books.verify(high)
    assert lines(books.settle()) == {"gate": (100_000, None)}
    books.verify(reading(books, "4", occurrence="y2"))
    assert lines(books.settle()) == {"gate": (0, None)}
    withdrawn(books, high)
    assert lines(books.settle()) == {"gate": (0, None)}, "the second point alone is enough"


def test_what_rests_on_no_verified_claim_is_achieved_on_the_last_day_of_the_period() -> None:
    nobody = a_threshold(a_measure("job", "count"), "lt", "1")
    books, claim = Books(a_contract(a_gate(nobody), metrics=[a_metric()])), a_claim(1)
    about: dict[str, Any] = {"contract_id": books.contract_id, "claim_id": claim.id}
    decided_no = OutcomeRejected(**about, decided_by=PAYER, decided_at=NOON, reason="not_achieved")
    books.tell(claimed(books.contract_id, claim), decided_no)
    (change,) = books.settle(date(2026, 7, 1)).changes
    assert (change.now.amount_minor, change.achieved_on) == (100_000, date(2026, 6, 30))


@pytest.mark.parametrize(
    ("value", "expected"), [(None, (0, "not-yet-measured")), ("0", (0, "condition-not-met")), ("1", (10_000, None))]
)
@pytest.mark.parametrize("reported", [True, False])
def test_a_rule_with_a_condition_of_its_own(value: str | None, expected: Any, reported: bool) -> None:
    books = Books(a_contract(a_rule(when=at_least_one("rate")), metrics=[a_metric(), measured_metric()]))
    if value is not None:
        books.verify(reading(books, value))
    if reported:
        books.verify(a_claim(1))
    assert lines(books.settle()) == {"job": expected if reported or expected[1] else (0, None)}
