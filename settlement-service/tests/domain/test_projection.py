"""Tests: each audience is shown its own statement, and small counts cannot be told from what an investor sees."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from services.core.disclosure import FEWEST
from services.events.outcomes import OutcomeWithdrawn
from settlement_service.domain.agreement.audience import audience_of, may_have_inputs, readership

from ..books import Books, Settled
from ..builders import (
    EVALUATOR,
    INVESTOR,
    NOON,
    OTHER,
    PAYER,
    PROVIDER,
    STRANGER,
    a_claim,
    a_metric,
    a_price,
    a_rule,
    activated,
    terms,
)
from ..mechanisms import a_contract, a_gate, a_measure, a_threshold, measured_metric, reading


def rules_shown(settled: Settled, organisation: str) -> list[str]:
    return [line["rule"] for line in settled.shown_to(organisation).content["lines"]]


def an_investor_sees(*counts: tuple[int, int]) -> Any:
    """The content for an investor who is paid so many (people, price in minor units) on each of several rules; the
    people of different rules are different people."""
    rules = [a_rule(f"r{n}", price, payee=INVESTOR) for n, (_, price) in enumerate(counts)]
    books, who = Books(activated(rules)), iter(range(10_000))
    books.verify(*(a_claim(next(who), f"r{n}") for n, (people, _) in enumerate(counts) for _ in range(people)))
    return books.settle().shown_to(INVESTOR).content


def test_each_party_is_shown_its_own_lines() -> None:
    rules = [a_rule("job"), a_rule("home", payee=INVESTOR), a_rule("school", payee=OTHER)]
    metrics = [
        a_metric("job"),
        a_metric("home", reported_by=PAYER, verified_by=EVALUATOR, disputes_decided_by=PROVIDER),
        a_metric("school", reported_by=OTHER),
    ]
    books = Books(activated(rules, metrics=metrics, parties=[PAYER, INVESTOR, PROVIDER, EVALUATOR, OTHER]))
    books.verify(*(a_claim(n, metric) for n in range(6) for metric in ("job", "home", "school")))
    settled = books.settle()
    assert rules_shown(settled, PAYER) == ["job", "home", "school"]
    assert rules_shown(settled, PROVIDER) == ["job", "home"], "the metric it reports, and one it decides disputes on"
    assert rules_shown(settled, EVALUATOR) == ["job", "home", "school"]
    assert rules_shown(settled, OTHER) == ["school"]
    assert rules_shown(settled, INVESTOR) == ["home"]
    hashes = {settled.shown_to(party).content_sha256 for party in (PAYER, PROVIDER, OTHER, INVESTOR)}
    assert len(hashes) == 4, "a content hash is of one projection"


def test_lines_are_numbered_for_each_audience_from_one() -> None:
    rules = [a_rule("home", payee=OTHER), a_rule("job")]
    metrics = [a_metric("home", reported_by=OTHER), a_metric("job")]
    books = Books(activated(rules, metrics=metrics, parties=[PAYER, PROVIDER, EVALUATOR, OTHER]))
    assert [line["number"] for line in books.settle().shown_to(PROVIDER).content["lines"]] == [1]


def test_who_is_shown_items() -> None:
    rules = [a_rule("job", payee=INVESTOR), a_rule("home", payee=EVALUATOR)]
    metrics = [a_metric("job"), a_metric("home", reported_by=PAYER, verified_by=PROVIDER)]
    known = terms(*rules, metrics=metrics)
    items = {party.organisation_id: audience_of(known, party.organisation_id) for party in known.parties}
    shown = {organisation: set(audience.items) for organisation, audience in items.items() if audience}
    assert shown == {PAYER: {"job", "home"}, INVESTOR: set(), PROVIDER: {"job", "home"}, EVALUATOR: set()}
    assert audience_of(known, STRANGER) is None


def test_an_investor_is_in_no_readership_of_single_outcomes() -> None:
    readers = readership(terms(a_rule("job", payee=INVESTOR)))
    assert INVESTOR not in {reader for scope in readers.values() for reader in scope}
    assert readers["metric/job"] == readers["rule/job"] == (PROVIDER,)


def test_inputs_are_not_for_who_may_not_read_what_they_are_computed_by() -> None:
    activation = activated()
    hidden = activated(payment=type(activation.payment)(rules=activation.payment.rules, readable_by=("payer",)))
    for fact, allowed in ((activation, True), (hidden, False)):
        known = Books(fact).terms
        audience = audience_of(known, PROVIDER)
        assert audience is not None
        assert may_have_inputs(known, audience) is allowed
        assert ("terms" in readership(known)) is allowed


def test_who_may_not_read_the_payment_terms_is_not_shown_what_others_are_paid() -> None:
    activation = activated([a_rule("job", payee=INVESTOR), a_rule("home")])
    payment = type(activation.payment)(rules=activation.payment.rules, readable_by=("payer", "investor"))
    for fact, shown in ((activation, {"job", "home"}), (replace(activation, payment=payment), {"home"})):
        audience = audience_of(Books(fact).terms, PROVIDER)
        assert audience is not None
        assert (set(audience.lines), set(audience.items)) == (shown, shown)


class TestSmallCounts:
    def test_lines_with_enough_people_stand_alone(self) -> None:
        shown = an_investor_sees((5, 100), (7, 200))
        assert [(line["rule"], line["people"]) for line in shown["lines"]] == [("r0", 5), ("r1", 7)]

    def test_a_small_line_is_told_with_its_neighbour_by_the_amount_alone(self) -> None:
        shown = an_investor_sees((20, 100), (3, 200), (20, 100), (9, 100))
        assert shown["lines"][1] == {
            "number": 2,
            "rules": ["r1", "r2"],
            "amount": {"amount": "26.00", "currency": "DKK"},
        }
        assert [line.get("rule") for line in shown["lines"]] == ["r0", None, "r3"]

    def test_a_line_with_nobody_is_small_too(self) -> None:
        shown = an_investor_sees((10, 100), (0, 100))
        assert [line.get("rules") for line in shown["lines"]] == [["r0", "r1"]]

    def test_merging_goes_on_until_the_amount_can_have_come_about_otherwise(self) -> None:
        shown = an_investor_sees((4, 1_000), (3, 999), (2_000, 1))
        assert [line.get("rules") for line in shown["lines"]] == [["r0", "r1", "r2"]]

    def test_a_price_of_zero_hides_nothing(self) -> None:
        shown = an_investor_sees((2, 22_000), (100, 0), (50, 11_000))
        assert [line.get("rules") for line in shown["lines"]] == [["r0", "r1", "r2"]]

    def test_a_price_above_the_total_can_only_be_zero_and_does_not_hide_everything_else(self) -> None:
        shown = an_investor_sees((10, 100), (10, 100), (10, 100), (0, 1_000_000))
        assert [line.get("rule") or line["rules"] for line in shown["lines"]] == ["r0", ["r1", "r2", "r3"]]

    @pytest.mark.parametrize("counts", [[(4, 100)], [(2, 100), (2, 200)], [(0, 100)]])
    def test_with_too_few_people_in_all_there_is_a_total_and_no_line(self, counts: list[tuple[int, int]]) -> None:
        shown = an_investor_sees(*counts)
        assert shown["lines"] == []
        assert "total" in shown

    def test_the_same_few_people_behind_several_lines_are_still_few(self) -> None:
        rules = [a_rule("a", 100, payee=INVESTOR), a_rule("b", 100, payee=INVESTOR)]
        books = Books(activated(rules))
        books.verify(*(a_claim(who, metric) for who in range(4) for metric in ("a", "b")))
        assert books.settle().shown_to(INVESTOR).content["lines"] == []

    @pytest.mark.parametrize("people", [0, 3, 30])
    def test_the_participants_that_a_condition_counts_are_not_told(self, people: int) -> None:
        gate = a_gate(a_threshold(a_measure("job", basis="count"), "ge", "2"), payee=INVESTOR)
        books = Books(a_contract(gate, metrics=[a_metric()]))
        books.verify(*(a_claim(who) for who in range(people)))
        (line,) = books.settle().shown_to(INVESTOR).content["lines"]
        assert "people" not in line
        assert line["amount"]["amount"] == ("1000.00" if people >= 2 else "0.00")

    @pytest.mark.parametrize(("number", "told"), [(3, None), (30, 30)])
    def test_on_how_few_people_something_was_measured_is_not_told(self, number: int, told: int | None) -> None:
        gate = a_gate(a_threshold(a_measure("rate"), "ge", "1"), payee=INVESTOR)
        books = Books(a_contract(gate, metrics=[measured_metric()]))
        books.verify(reading(books, "2", n=number))
        (line,) = books.settle().shown_to(INVESTOR).content["lines"]
        assert line.get("people") == told

    def test_people_behind_a_merged_line_are_counted_once(self) -> None:
        rules = [a_rule(code, 100, payee=INVESTOR) for code in ("a", "b", "c")]
        books = Books(activated(rules))
        books.verify(*(a_claim(who, metric) for who in range(3) for metric in ("a", "b")))
        books.verify(*(a_claim(who, "c") for who in range(10, 20)))
        (line,) = books.settle().shown_to(INVESTOR).content["lines"]
        assert line["rules"] == ["a", "b", "c"]

    def test_prices_that_share_no_step_are_counted_too(self) -> None:
        shown = an_investor_sees((3, 12_345_67), (40, 7_89), (30, 1_23))
        assert len(shown["lines"]) <= 2


@pytest.mark.parametrize(
    ("people", "prices"),
    list(product([(3, 6, 0), (4, 4, 9), (1, 30, 2), (6, 0, 0)], [(22, 22, 11), (5, 7, 9), (1, 10, 3), (0, 4, 6)])),
)
def test_by_trying_every_count_no_small_one_can_be_told(people: tuple[int, ...], prices: tuple[int, ...]) -> None:
    """What an investor can do: for a merged line, try all counts at the known prices."""
    shown = an_investor_sees(*zip(people, prices, strict=True))
    total = sum(n * price for n, price in zip(people, prices, strict=True))
    for line in shown["lines"]:
        if "rule" in line:
            assert line["people"] >= FEWEST
            continue
        places = [int(rule[1:]) for rule in line["rules"]]
        amount = int(line["amount"]["amount"].replace(".", ""))
        ways = _ways(tuple(prices[n] for n in places), amount)
        for at, n in enumerate(places):
            if people[n] < FEWEST and 0 < prices[n] <= total:
                assert len({way[at] for way in ways}) > 1


def _ways(prices: tuple[int, ...], amount: int) -> list[tuple[int, ...]]:
    counts = [range(amount // price + 1) if price else range(1) for price in prices]
    return [way for way in product(*counts) if sum(n * price for n, price in zip(way, prices, strict=True)) == amount]


def _two_sided(*counts: tuple[int, int]) -> Books:
    rules = [a_rule(f"r{n}", price, payee=INVESTOR, two_sided=True) for n, (_, price) in enumerate(counts)]
    books, who = Books(a_contract(*rules, metrics=[a_metric(rule.code) for rule in rules])), iter(range(10_000))
    books.verify(*(a_claim(next(who), f"r{n}") for n, (people, _) in enumerate(counts) for _ in range(people)))
    return books


class TestPricesBelowZero:
    def test_what_is_taken_back_beside_one_is_told_by_the_total_alone(self) -> None:
        books = _two_sided((0, 36_32), (0, -21_02))
        claims = [a_claim(n, "r0") for n in range(8)]
        books.verify(*claims)
        books.settle(date(2026, 6, 1))
        books.tell(OutcomeWithdrawn(contract_id=books.contract_id, claim_id=claims[0].id, withdrawn_at=NOON))
        books.verify(*(a_claim(50 + n, "r1") for n in range(4)))
        shown = books.settle(date(2026, 6, 1)).shown_to(INVESTOR).content
        assert shown["lines"] == []
        assert shown["total"]["amount"] == "-120.40"

    def test_a_thousand_more_on_both_sides_are_not_another_way_for_an_amount_to_have_come_about(self) -> None:
        assert _two_sided((8, 36_32), (4, -21_02)).settle().shown_to(INVESTOR).content["lines"] == []

    def test_fewer_on_both_sides_are(self) -> None:
        shown = _two_sided((20, 100), (8, 100), (4, -200)).settle().shown_to(INVESTOR).content
        assert [line.get("rule") or line["rules"] for line in shown["lines"]] == ["r0", ["r1", "r2"]]

    def test_prices_that_are_all_below_zero_are_as_those_above_it(self) -> None:
        counts = [(4, 1_000), (3, 999), (2_000, 1)]
        shown = _two_sided(*((people, -price) for people, price in counts)).settle().shown_to(INVESTOR).content
        assert [line["rules"] for line in shown["lines"]] == [["r0", "r1", "r2"]]

    def test_a_price_above_the_total_is_not_known_to_be_of_nobody(self) -> None:
        shown = _two_sided((3, 1_000_01), (10, 1_00), (30, -100_00)).settle().shown_to(INVESTOR).content
        assert all("r0" not in line["rules"] for line in shown["lines"])

    @pytest.mark.parametrize("people", [(3, 6, 9), (4, 20, 1), (30, 2, 7), (6, 6, 4)])
    @pytest.mark.parametrize("prices", [(22, -22, 11), (5, -7, 9), (-1, 10, 3), (-4, -6, 2), (40, -20, -10)])
    def test_no_small_count_can_be_told_by_trying_all_that_are_likely(
        self, people: tuple[int, ...], prices: tuple[int, ...]
    ) -> None:
        for line in _two_sided(*zip(people, prices, strict=True)).settle().shown_to(INVESTOR).content["lines"]:
            if "rule" in line:
                assert line["people"] >= FEWEST
                continue
            places = [int(rule[1:]) for rule in line["rules"]]
            amount = sum(people[n] * prices[n] for n in places)
            likely = [
                way
                for way in product(range(40), repeat=len(places))
                if sum(number * prices[n] for number, n in zip(way, places, strict=True)) == amount
            ]
            for at, n in enumerate(places):
                assert people[n] >= FEWEST or len({way[at] for way in likely}) > 1


def test_the_rules_of_a_merged_line_are_named_once_each() -> None:
    half = date(2026, 7, 1)
    rule = a_rule("job", a_price(100, end=half), a_price(200, start=half), payee=INVESTOR)
    books = Books(activated([rule]))
    books.verify(
        *(a_claim(n, day="2026-02-01") for n in range(4)), *(a_claim(n, day="2026-08-01") for n in range(4, 9))
    )
    assert [line["rules"] for line in books.settle().shown_to(INVESTOR).content["lines"]] == [["job"]]
