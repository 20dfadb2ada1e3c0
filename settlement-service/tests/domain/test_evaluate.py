"""Tests: what each rule gives for each verified claim, or why it gives nothing."""

from datetime import date
from typing import Any

import pytest

from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.mechanisms.items import Item

from ..builders import POINTS, a_claim, a_metric, a_price, a_rule, history


def given(items: list[Item]) -> list[tuple[str, str, int, int, str | None]]:
    """Rule, occurrence, units, gross and reason of each item, in no particular order."""
    return sorted((i.key.rule, i.key.occurrence, i.units, i.gross_minor, i.reason) for i in items)


def test_a_verified_claim_gives_price_times_units() -> None:
    items = evaluate(history(a_rule("job", 10_000)), None, [a_claim(units=3)])
    assert given(items) == [("job", "1", 3, 30_000, None)]


@pytest.mark.parametrize("state", ["submitted", "rejected", "returned", "withdrawn", "superseded"])
def test_a_claim_that_does_not_count_gives_nothing(state: Any) -> None:
    assert evaluate(history(a_rule()), None, [a_claim(state=state)]) == []


def test_a_disputed_decision_stands_until_the_dispute_is_decided() -> None:
    assert given(evaluate(history(a_rule()), None, [a_claim(disputed=True)])) == [("job", "1", 1, 10_000, None)]


@pytest.mark.parametrize(
    ("day", "gross"),
    [("2026-12-31", 10_000), ("2027-01-01", 11_000), ("2026-01-01", 10_000)],
)
def test_the_price_is_the_one_of_the_day_it_was_achieved(day: str, gross: int) -> None:
    new_year = date(2027, 1, 1)
    rule = a_rule("job", a_price(10_000, end=new_year), a_price(11_000, start=new_year))
    assert given(evaluate(history(rule), None, [a_claim(day=day)])) == [("job", "1", 1, gross, None)]


def test_two_rules_may_pay_for_one_metric() -> None:
    rules = (a_rule("job", 10_000), a_rule("bonus", 500, metric="job"))
    items = evaluate(history(*rules, metrics=[a_metric("job")]), None, [a_claim(units=2)])
    assert given(items) == [("bonus", "1", 2, 1_000, None), ("job", "1", 2, 20_000, None)]


def test_a_metric_without_a_rule_is_not_paid_and_says_so() -> None:
    known = history(a_rule(), metrics=[a_metric("job"), a_metric("mood", use="observed")])
    assert given(evaluate(known, None, [a_claim(metric="mood")])) == [("", "1", 0, 0, "no-rule")]


def test_what_is_achieved_from_the_day_of_termination_on_is_not_paid() -> None:
    claims = [a_claim(occurrence="1", day="2026-03-31"), a_claim(occurrence="2", day="2026-04-01")]
    items = evaluate(history(a_rule()), date(2026, 4, 1), claims)
    assert given(items) == [("job", "1", 1, 10_000, None), ("job", "2", 0, 0, "after-termination")]


def test_no_price_on_the_day_is_a_reason() -> None:
    rule = a_rule("job", a_price(10_000, end=date(2026, 2, 1)))
    assert given(evaluate(history(rule), None, [a_claim(day="2026-03-01")])) == [("job", "1", 0, 0, "no-price")]


class TestLimitsForOnePerson:
    """They go by the date of achievement, then the occurrence, never by the order of arrival."""

    three = [
        a_claim(occurrence="2", day="2026-02-01", units=2),
        a_claim(occurrence="3", day="2026-03-01", units=2),
        a_claim(occurrence="1", day="2026-01-01", units=2),
    ]

    @pytest.mark.parametrize(
        ("rule", "metric", "expected"),
        [
            ({"occurrences": "first"}, {}, [(2, None), (0, "not-first-occurrence"), (0, "not-first-occurrence")]),
            ({"max_units_per_person": 3}, {}, [(2, None), (1, None), (0, "over-units-per-person")]),
            ({"max_units_per_person": 6}, {}, [(2, None), (2, None), (2, None)]),
            ({}, {"max_payments_per_person": 2}, [(2, None), (2, None), (0, "over-payments-per-person")]),
            ({}, {"max_payments_per_person": 1}, [(2, None)] + [(0, "over-payments-per-person")] * 2),
        ],
    )
    def test_units_and_payments(
        self, rule: dict[str, Any], metric: dict[str, Any], expected: list[tuple[int, str | None]]
    ) -> None:
        known = history(a_rule("job", **rule), metrics=[a_metric("job", **metric)])
        items = sorted(evaluate(known, None, self.three), key=lambda item: item.achieved_on)
        assert [(item.units, item.reason) for item in items] == expected

    def test_another_person_has_limits_of_its_own(self) -> None:
        known = history(a_rule("job", occurrences="first"))
        assert all(item.reason is None for item in evaluate(known, None, [a_claim(1), a_claim(2)]))

    def test_on_one_day_measurement_points_come_in_the_order_of_the_history(self) -> None:
        metric = a_metric("job", measurement_points=POINTS, max_payments_per_person=1)
        claims = [a_claim(occurrence="12m"), a_claim(occurrence="6m")]
        items = evaluate(history(a_rule(), metrics=[metric]), None, claims)
        assert {item.key.occurrence: item.reason for item in items} == {"6m": None, "12m": "over-payments-per-person"}

    def test_ordinals_come_by_number(self) -> None:
        known = history(a_rule("job", occurrences="first"))
        items = evaluate(known, None, [a_claim(occurrence="10"), a_claim(occurrence="9")])
        assert {item.key.occurrence: item.reason for item in items} == {"9": None, "10": "not-first-occurrence"}

    def test_one_occurrence_is_paid_once(self) -> None:
        items = evaluate(history(a_rule()), None, [a_claim(occurrence="1"), a_claim(occurrence="1")])
        assert sorted(str(item.reason) for item in items) == ["None", "same-occurrence"]

    def test_a_claim_after_termination_takes_no_place(self) -> None:
        known = history(a_rule("job", max_units_per_person=1))
        claims = [a_claim(occurrence="1", day="2026-05-01"), a_claim(occurrence="2", day="2026-03-01")]
        items = evaluate(known, date(2026, 4, 1), claims)
        assert {item.key.occurrence: item.units for item in items} == {"1": 0, "2": 1}


def test_every_verified_claim_has_its_items_or_a_reason() -> None:
    known = history(a_rule("job", max_units_per_person=2), a_rule("home"), metrics=[a_metric("job"), a_metric("home")])
    claims: list[Claim] = [a_claim(n % 3, ("job", "home")[n % 2], str(n), units=1 + n % 2) for n in range(12)]
    items = evaluate(known, None, claims)
    assert {item.claim_id for item in items} == {claim.id for claim in claims}
    assert all((item.units > 0) != (item.reason is not None) for item in items)
