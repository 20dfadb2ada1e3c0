"""Tests: a share of every amount is held back until a day, or until a condition holds."""

from datetime import date
from typing import Any

import pytest

from services.core.terms.payment import Retention
from settlement_service.domain.explaining.explanation import explain
from settlement_service.domain.recomputation import recompute

from ..books import Books
from ..builders import EVALUATOR, PAYER, PROVIDER, YEAR, a_claim, a_metric, a_rule
from ..mechanisms import (
    PAYERS,
    a_contract,
    a_limit,
    a_measure,
    a_threshold,
    all_of,
    any_of,
    enrolled,
    lines,
    measured_metric,
    paid_by,
    reading,
    weights,
    withdrawn,
)

NEXT_YEAR = date(2028, 1, 1)
UNTIL_MARCH = Retention(share="0.10", release_on=date(2027, 3, 1))


def held(share: str = "0.10", **changed: Any) -> Retention:
    return Retention(share=share, **{"release_on": date(2027, 3, 1), **changed})


def test_until_a_day() -> None:
    books = Books(a_contract(a_rule(), retention=UNTIL_MARCH))
    books.verify(a_claim(1))
    settled = books.settle()
    assert settled.total == 9_000
    assert settled.changes[0].now.cuts == (("retention", 1_000),)
    assert books.settle(date(2027, 3, 1)).total == 0, "the day itself is not settled yet"
    assert books.settle(date(2027, 3, 2)).total == 1_000


def test_until_a_condition_holds() -> None:
    ready = a_threshold(a_measure(), "ge", "10")
    metrics = [a_metric(), measured_metric()]
    books = Books(a_contract(a_rule(), metrics=metrics, retention=held(release_on=None, release_when=ready)))
    measured = reading(books, "10", day="2027-01-10")
    books.verify(a_claim(1), measured)
    assert books.settle().total == 9_000
    assert books.settle(NEXT_YEAR).total == 1_000
    withdrawn(books, measured)
    assert books.settle(NEXT_YEAR).total == -1_000, "what it rests on fell"


def test_for_the_rules_that_it_names_and_never_of_what_is_owed_back() -> None:
    rules = (a_rule("job"), a_rule("home"), a_rule("fine", -5_000, two_sided=True))
    books = Books(a_contract(*rules, retention=held(rules=("home", "fine"))))
    books.verify(a_claim(1, "job"), a_claim(1, "home"), a_claim(1, "fine"))
    assert lines(books.settle()) == {"job": (10_000, None), "home": (9_000, None), "fine": (-5_000, None)}


@pytest.mark.parametrize(("mode", "paid"), [("half_up", 2), ("floor", 3), ("ceil", 2)])
def test_the_part_that_is_held_back_is_rounded(mode: str, paid: int) -> None:
    books = Books(a_contract(a_rule("job", 3), retention=held("0.33"), rounding=mode))
    books.verify(a_claim(1))
    assert books.settle().total == paid


def test_what_is_held_back_uses_the_cap_and_is_split_when_it_is_released() -> None:
    split = weights((PAYERS[0], 1), (PAYERS[1], 2))
    caps = [a_limit("contract", 15_000)]
    books = Books(a_contract(a_rule(), retention=UNTIL_MARCH, caps=caps, split=split, payers=PAYERS[:2]))
    books.verify(a_claim(1), a_claim(2))
    assert paid_by(books.settle()) == {PAYERS[0]: 4_500, PAYERS[1]: 9_000}
    assert paid_by(books.settle(NEXT_YEAR)) == {PAYERS[0]: 500, PAYERS[1]: 1_000}


def test_a_claim_that_falls_takes_back_what_was_paid_alone() -> None:
    books, claim = Books(a_contract(a_rule(), retention=UNTIL_MARCH)), a_claim(1)
    books.verify(claim)
    books.settle()
    withdrawn(books, claim)
    assert books.settle(YEAR.end, "correction").total == -9_000


def test_who_sees_its_own_items_is_given_what_the_release_rests_on() -> None:
    observed = a_metric("stable", reported_by=EVALUATOR, use="observed")
    ready = a_threshold(a_measure("stable", "share"), "ge", "0.5")
    retention = held(release_on=None, release_when=ready)
    books = Books(a_contract(a_rule(), metrics=[a_metric(), observed], retention=retention))
    enrolled(books, 1)
    books.verify(a_claim(1), a_claim(1, "stable"))
    settled = books.settle()
    assert settled.total == 10_000
    for organisation in (PAYER, PROVIDER):
        result = recompute(*books.given_to(organisation, settled))
        assert result.same, (organisation, result)


def test_what_is_released_says_that_it_was_held_back_and_until_when() -> None:
    books = Books(a_contract(a_rule(), retention=UNTIL_MARCH))
    books.verify(a_claim(1))
    assert "released" not in told(books, YEAR.end)["text"]
    shown = told(books, NEXT_YEAR)
    held = {"released": {"amount": "10.00", "currency": "DKK"}, "releaseOn": "2027-03-01"}
    assert shown["tree"]["of"][1] == {"op": "posted", "value": "90", "currency": "DKK", **held}
    assert "Posted before: 90.00 DKK. 10.00 DKK was held back until 2027-03-01, and is released now." in shown["text"]
    assert "10.00 DKK var tilbageholdt indtil 2027-03-01 og frigives nu." in shown["textInDanish"]


def test_what_a_condition_releases_says_which() -> None:
    enough, few = a_threshold(a_measure(), "ge", "10"), a_threshold(a_measure("job", "share"), "lt", "0.5")
    ready = any_of(enough, all_of(few, enough))
    metrics = [a_metric(), measured_metric()]
    books = Books(a_contract(a_rule(), metrics=metrics, retention=held(release_on=None, release_when=ready)))
    books.verify(a_claim(1), reading(books, "10", day="2027-01-10"))
    books.settle()
    shown = told(books, NEXT_YEAR)
    until = shown["tree"]["of"][1]["releaseWhen"]
    assert (until["kind"], until["conditions"][0]["metric"]) == ("any_of", "rate")
    average, share = "average of 'Has a rate' at least 10", "share with 'Has a job' less than 50 %"
    text = f"until this held, and is released now: ({average} or ({share} and {average}))."
    assert text in shown["text"]
    assert (
        "indtil dette var opfyldt, og frigives nu: (gennemsnittet af 'Has a rate' mindst 10 eller ("
        in (shown["textInDanish"])
    )


def told(books: Books, ends: date) -> dict[str, Any]:
    """The explanation of the last item of a settlement."""
    change = books.settle(ends).changes[-1]
    return explain(books.history, books.terms, 1, change)
