"""Tests: a line that pays an investor by how many participants were counted tells no small count, nor small growth."""

from itertools import product
from typing import Any

import pytest

from services.core.disclosure import FEWEST
from services.core.subjects import subject_id_of
from services.core.terms.measures import AsEnrolled, Fixed, Rounding
from services.core.terms.mechanisms.bands import Bands

from ..books import Books
from ..builders import INVESTOR, PAYER, YEAR, a_claim, a_metric, a_rule
from ..mechanisms import (
    a_contract,
    a_fee,
    a_gate,
    a_measure,
    a_milestone,
    a_threshold,
    amended,
    enrolled,
    flat,
    kr,
    point,
    rate,
    some_bands,
    withdrawn,
)

COUNT = a_measure("job", "count")
OF_HUNDRED = a_measure("job", "share", denominator=Fixed(kind="fixed", number=100))
OF_ENROLLED = a_measure("job", "share", denominator=AsEnrolled(kind="as_enrolled"))
HUNDRED_KR = 10_000


def by_count(method: str, *bands: Any, measure: Any = COUNT, **more: Any) -> Bands:
    return some_bands(measure, method, *bands, payee=INVESTOR, **more)


RATE = by_count("marginal", rate("0", None, HUNDRED_KR))
RULES = {
    "a rate": RATE,
    "a rate that halves": by_count("marginal", rate("0", "10", HUNDRED_KR), rate("10", None, HUNDRED_KR // 2)),
    "a rate from 100 on": by_count("marginal", rate("0", None, HUNDRED_KR), origin="100"),
    "a rate up to 500": by_count("marginal", rate("0", None, HUNDRED_KR), ceiling=kr(5 * HUNDRED_KR)),
    "a rate that is hardly one": by_count("interpolated", point("0", 0), point("1000", 100)),
    "between points": by_count("interpolated", point("0", 0), point("100", 100 * HUNDRED_KR)),
    "wide bands": by_count("flat", flat("0", "5", 100), flat("5", "20", 700), flat("20", None, 900)),
    "a narrow band": by_count("flat", flat("0", "3", 100), flat("3", "20", 700), flat("20", None, 900)),
    "by share of 100": by_count("marginal", rate("0", None, 100 * HUNDRED_KR), measure=OF_HUNDRED),
    "by share in tenths": by_count(
        "marginal",
        rate("0", None, 100 * HUNDRED_KR),
        measure=a_measure(
            "job", "share", denominator=Fixed(kind="fixed", number=100), rounding=Rounding(mode="floor", places=1)
        ),
    ),
    "by share of all": by_count("marginal", rate("0", None, 100 * HUNDRED_KR), measure=OF_ENROLLED),
}


def content(rule: Any, *counts: int, home: tuple[int, int] | None = None) -> Any:
    """What the investor is shown of the last of several settlements, at each of which so many stand counted. Beside
    it, at the last, so many people on a rule with a price of so many minor units."""
    homes = [a_rule("home", home[1], payee=INVESTOR)] if home else []
    books = Books(a_contract(rule, *homes, metrics=[a_metric("job"), a_metric("home")]))
    enrolled(books, *range(100))
    claims: list[Any] = []
    for count in counts[:-1]:
        _counted(books, claims, count)
        books.settle()
    _counted(books, claims, counts[-1])
    if home:
        books.verify(*(a_claim(200 + n, "home") for n in range(home[0])))
    return books.settle().shown_to(INVESTOR).content


def _counted(books: Books, claims: list[Any], count: int) -> None:
    new = [a_claim(n) for n in range(len(claims), count)]
    books.verify(*new)
    claims.extend(new)
    while len(claims) > count:
        withdrawn(books, claims.pop())


def told(shown: Any) -> list[str]:
    """The rules of each line."""
    return [line.get("rule") or "+".join(line["rules"]) for line in shown["lines"]]


ALONE: list[str] = ["bands"]
HIDDEN: list[str] = []


@pytest.mark.parametrize(
    ("rule", "counts", "expected"),
    [
        ("a rate", [0], HIDDEN),
        ("a rate", [3], HIDDEN),
        ("a rate", [5], ALONE),
        ("a rate", [7, 7], HIDDEN),
        ("a rate", [7, 9], HIDDEN),
        ("a rate", [7, 11], HIDDEN),
        ("a rate", [7, 12], ALONE),
        ("a rate", [12, 9], HIDDEN),
        ("a rate", [12, 7], ALONE),
        ("a rate", [9, 4], HIDDEN),
        ("a rate", [7, 0], HIDDEN),
        ("a rate", [3, 8], ALONE),
        ("a rate that halves", [4], HIDDEN),
        ("a rate that halves", [12], ALONE),
        ("a rate that halves", [8, 12], HIDDEN),
        ("a rate that halves", [8, 13], ALONE),
        ("a rate from 100 on", [7], ALONE),
        ("a rate up to 500", [3], HIDDEN),
        ("a rate up to 500", [7], ALONE),
        ("a rate up to 500", [7, 8], ALONE),
        ("a rate that is hardly one", [3], ALONE),
        ("between points", [3], HIDDEN),
        ("between points", [30], ALONE),
        ("between points", [30, 32], HIDDEN),
        ("wide bands", [2], ALONE),
        ("wide bands", [2, 6], ALONE),
        ("wide bands", [6, 7], ALONE),
        ("a narrow band", [2], HIDDEN),
        ("a narrow band", [4], ALONE),
        ("a narrow band", [4, 2], HIDDEN),
        ("by share of 100", [3], HIDDEN),
        ("by share of 100", [7], ALONE),
        ("by share of 100", [7, 8], HIDDEN),
        ("by share of 100", [7, 12], ALONE),
        ("by share in tenths", [3], ALONE),
        ("by share of all", [3], HIDDEN),
        ("by share of all", [7], ALONE),
        ("by share of all", [7, 20], HIDDEN),
    ],
)
def test_a_line_by_count_stands_alone_when_neither_count_nor_growth_is_few(
    rule: str, counts: list[int], expected: list[str]
) -> None:
    shown = content(RULES[rule], *counts)
    assert told(shown) == expected
    assert "total" in shown, "what a party is owed is shown"
    assert all("people" not in line for line in shown["lines"])


@pytest.mark.parametrize(
    ("counts", "home", "expected"),
    [
        pytest.param([3], (20, 5_000), ["bands+home"], id="so many of the one are worth one of the other"),
        pytest.param([7, 9], (20, 5_000), ["bands+home"], id="grew by few"),
        pytest.param([7, 7], (20, 5_000), ["bands+home"], id="did not grow"),
        pytest.param([7, 12], (20, 5_000), ["bands", "home"], id="grew by many"),
        pytest.param([7], (3, 5_000), ["bands+home"], id="many here, few there"),
        pytest.param([3], (3, 5_000), HIDDEN, id="few in all"),
        pytest.param([3], (20, 3_333), HIDDEN, id="the amount could have come about in one way alone"),
        pytest.param([7], (20, 3_333), ["bands", "home"], id="nothing has to be hidden"),
    ],
)
def test_a_line_by_count_is_told_with_its_neighbours_by_the_amount_alone(
    counts: list[int], home: tuple[int, int], expected: list[str]
) -> None:
    shown = content(RATE, *counts, home=home)
    assert told(shown) == expected
    for line in shown["lines"]:
        if "rules" in line:
            assert line.keys() == {"number", "rules", "amount"}


@pytest.mark.parametrize(
    ("count", "people", "price"), list(product([0, 1, 3, 4, 8], [0, 3, 6, 30], [100, 2_500, 10_000, 20_000, 7_000]))
)
def test_by_trying_every_count_no_small_one_can_be_told(count: int, people: int, price: int) -> None:
    """What an investor can do: for a merged line, try all counts at the known rate and price."""
    for line in content(RATE, count, home=(people, price))["lines"]:
        amount = int(line["amount"]["amount"].replace(".", ""))
        if "rule" in line:
            assert amount // (HUNDRED_KR if line["rule"] == "bands" else price) >= FEWEST
            continue
        counts = {n for n in range(amount // HUNDRED_KR + 1) if (amount - n * HUNDRED_KR) % price == 0}
        units = {(amount - n * HUNDRED_KR) // price for n in counts}
        assert count >= FEWEST or len(counts) > 1
        assert people >= FEWEST or len(units) > 1


def test_another_rate_tells_no_count_that_did_not_change() -> None:
    books = Books(a_contract(RATE, metrics=[a_metric("job")]))
    books.verify(*(a_claim(n) for n in range(7)))
    assert told(books.settle().shown_to(INVESTOR).content) == ALONE
    dearer = by_count("marginal", rate("0", None, 2 * HUNDRED_KR))
    amended(books, a_contract(dearer, metrics=[a_metric("job")], retroactive=True), YEAR.start)
    settled = books.settle(kind="correction")
    assert settled.total == 7 * HUNDRED_KR
    assert told(settled.shown_to(INVESTOR).content) == HIDDEN


@pytest.mark.parametrize(
    ("units", "expected"), [([3], HIDDEN), ([7], ["job"]), ([7, 9], HIDDEN), ([7, 12], ["job"]), ([12, 7], HIDDEN)]
)
def test_outcomes_of_a_cohort_are_its_participants(units: list[int], expected: list[str]) -> None:
    books = Books(a_contract(a_rule("job", payee=INVESTOR), metrics=[a_metric("job", subject="cohort")]))
    subject = subject_id_of(books.contract_id, "cohort", "a")
    claims: list[Any] = []
    shown: Any = None
    for number in units:
        for earlier in claims:
            withdrawn(books, earlier)
        claims = [a_claim(0, subject_id=subject, units=number)]
        books.verify(*claims)
        shown = books.settle().shown_to(INVESTOR).content
    assert told(shown) == expected


@pytest.mark.parametrize(
    ("people", "price", "expected"),
    [(20, 5_000, ["milestone+home"]), (20, 3_333, HIDDEN), (1, 5_000, HIDDEN)],
    ids=["worth so many of the other", "in one way alone", "few in all"],
)
def test_what_few_were_paid_one_amount_for_each_is_merged_as_by_a_price(
    people: int, price: int, expected: list[str]
) -> None:
    rules = a_milestone("plan", 10_000, payee=INVESTOR), a_rule("home", price, payee=INVESTOR)
    books = Books(a_contract(*rules, metrics=[a_metric("plan"), a_metric("home")]))
    books.verify(*(a_claim(n, "plan") for n in range(3)), *(a_claim(100 + n, "home") for n in range(people)))
    assert told(books.settle().shown_to(INVESTOR).content) == expected


@pytest.mark.parametrize("people", [0, 3, 30])
def test_gates_and_fees_say_on_which_side_of_a_threshold_one_is(people: int) -> None:
    gate = a_gate(a_threshold(COUNT, "ge", "10"), payee=INVESTOR)
    shown = content(gate, people, people)
    assert told(shown) == ["gate"]
    fee = a_contract(a_fee(payee=INVESTOR), metrics=[a_metric()])
    assert told(Books(fee).settle().shown_to(INVESTOR).content) == ["fee"]


@pytest.mark.parametrize(
    ("count", "people", "nature", "told_by"),
    [
        pytest.param(3, 20, "service", ["service"], id="merged, of one nature"),
        pytest.param(3, 20, "conditional_repayment", [], id="merged, of two natures"),
        pytest.param(7, 20, "conditional_repayment", ["conditional_repayment", "service"], id="told one by one"),
        pytest.param(3, 3, "conditional_repayment", [], id="not told, of two natures"),
        pytest.param(3, 3, "service", ["service"], id="not told, of one nature"),
    ],
)
def test_sums_by_nature_are_told_where_they_tell_no_line_apart(
    count: int, people: int, nature: str, told_by: list[str]
) -> None:
    shown = content(by_count("marginal", rate("0", None, HUNDRED_KR), nature=nature), count, home=(people, 5_000))
    assert [total["nature"] for total in shown["totals"]] == told_by
    assert shown["total"]["amount"] == f"{count * 100 + people * 50}.00"


def test_who_may_see_counts_is_shown_them() -> None:
    books = Books(a_contract(RATE, metrics=[a_metric("job")]))
    books.verify(*(a_claim(n) for n in range(3)))
    (line,) = books.settle().shown_to(PAYER).content["lines"]
    assert (line["rule"], line["people"]) == ("bands", 3)
