"""Tests: a corrected day is posted, also when the amount stays: what a period is full of is what was achieved in it."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settlement_service.domain.agreement.calendar import name_of
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.recomputation import recompute

from ..books import Books, net
from ..builders import PAYER, PROVIDER, YEAR, a_claim, a_rule, person
from ..mechanisms import a_contract, a_limit, moved

many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def a_book(headroom: str = "keep_paid", minor: int = 10_000) -> Books:
    cap = a_limit("period", minor, every="month", period_basis="achieved", headroom=headroom)
    return Books(a_contract(a_rule(), caps=[cap]))


def test_a_late_claim_does_not_take_the_place_of_what_was_corrected_into_its_period() -> None:
    books, claim = a_book(), a_claim(1, day="2026-01-10")
    books.verify(claim)
    assert books.settle().total == 10_000
    moved(books, claim, date(2026, 3, 20))
    assert books.settle(YEAR.end, "correction").total == 0
    books.verify(a_claim(2, day="2026-03-05"))
    assert books.settle(YEAR.end, "correction").total == 0
    assert {key.subject_id: minor for key, minor in net(books).items()} == {person(1): 10_000, person(2): 0}


def test_and_the_period_that_it_left_has_room() -> None:
    books, claim = a_book(), a_claim(1, day="2026-01-10")
    books.verify(claim)
    books.settle()
    moved(books, claim, date(2026, 3, 20))
    books.settle(YEAR.end, "correction")
    books.verify(a_claim(2, day="2026-01-20"))
    assert books.settle(YEAR.end, "correction").total == 10_000


def test_the_item_says_the_day_and_an_amount_of_nothing() -> None:
    books, claim = a_book(), a_claim(1, day="2026-01-10")
    books.verify(claim)
    books.settle()
    other = moved(books, claim, date(2026, 3, 20))
    settled = books.settle(YEAR.end, "correction")
    (change,) = settled.changes
    assert (change.now, change.shares, change.achieved_on) == (change.before, (), other.achieved_on)
    (line,) = settled.shown_to(PAYER).content["lines"]
    assert (line["people"], line["units"], line["amount"]["amount"]) == (1, 0, "0.00")
    (posted,) = books.state.posted.values()
    assert (posted.achieved_on, posted.claim_id) == (other.achieved_on, other.id)
    assert books.settle(YEAR.end, "correction").changes == []


def test_what_a_later_cap_cut_of_it_takes_no_room_in_the_period_either() -> None:
    month = a_limit("period", 10_000, every="month", period_basis="achieved")
    books = Books(a_contract(a_rule(), caps=[month, a_limit("contract", 10_000)]))
    first, second = a_claim(1, day="2026-01-10"), a_claim(2, day="2026-02-10")
    books.verify(first, second)
    assert [change.now.amount_minor for change in books.settle().changes] == [10_000, 0]
    moved(books, second, date(2026, 3, 10))
    books.verify(a_claim(3, day="2026-03-05"))
    cuts = {change.key.item.subject_id: change.now.cuts for change in books.settle().changes}
    assert cuts == {person(3): (("contract", 10_000),), person(2): (("period", 10_000),)}


happenings = st.lists(st.tuples(st.sampled_from("cmms"), st.integers(0, 5), st.integers(0, 120)), max_size=14)


@many
@given(happenings, st.integers(5_000, 25_000), st.sampled_from(["keep_paid", "by_date"]))
def test_no_month_is_paid_more_than_its_cap_by_the_days_that_claims_say(
    happens: Sequence[tuple[str, int, int]], minor: int, headroom: str
) -> None:
    books, claims = a_book(headroom, minor), dict[int, Claim]()
    for what, who, number in happens:
        day = YEAR.start + timedelta(days=number)
        if what == "s":
            books.settle()
            within_months(books, claims, minor)
        elif who not in claims:
            claims[who] = a_claim(who, day=day.isoformat())
            books.verify(claims[who])
        elif what == "m":
            claims[who] = moved(books, claims[who], day)
    books.settle()
    within_months(books, claims, minor)
    for organisation in (PAYER, PROVIDER):
        assert recompute(*books.given_to(organisation, books.settled[-1])).same


def within_months(books: Books, claims: dict[int, Claim], minor: int) -> None:
    days = {claim.subject_id: claim.achieved_on for claim in claims.values()}
    paid: Counter[Any] = Counter()
    for key, item_minor in net(books).items():
        paid[name_of(days[key.subject_id], "month")] += item_minor
    assert all(month_minor <= minor for month_minor in paid.values())
    assert all(row.achieved_on == days[row.key.item.subject_id] for row in books.state.posted.values() if row.figures)


@many
@given(happenings)
def test_who_was_paid_under_a_cap_on_each_month_keeps_it_whatever_comes_later(
    happens: Sequence[tuple[str, int, int]],
) -> None:
    """A claim that is corrected once has its place in the month where it is then."""
    books = a_book()
    first, last = a_claim(100, day="2026-01-01"), date(2026, 3, 31)
    books.verify(first)
    books.settle()
    moved(books, first, last)
    books.settle()
    for _, who, number in happens:
        books.verify(a_claim(who, occurrence=str(number + 2), day=(YEAR.start + timedelta(days=number)).isoformat()))
    books.settle()
    mine = [minor for key, minor in net(books).items() if key.subject_id == first.subject_id]
    assert mine == [10_000]
