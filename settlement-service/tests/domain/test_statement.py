"""Tests: what a statement says, and the hash over it."""

from datetime import date
from typing import Any

from services.core.canonical import canonical, sha256

from ..books import Books
from ..builders import PAYER, PROVIDER, a_cap, a_claim, a_price, a_rule, activated


def test_a_scheduled_statement_lists_every_rule_and_a_correction_what_changed() -> None:
    books = Books(activated([a_rule("job"), a_rule("home"), a_rule("school")]))
    books.verify(a_claim(1, "home"))
    assert [line.rule for line in books.settle().statement.lines] == ["job", "home", "school"]
    books.verify(a_claim(2, "school"))
    assert [line.rule for line in books.settle(kind="correction").statement.lines] == ["school"]


def test_a_rule_has_a_line_for_each_price_that_holds_in_the_period() -> None:
    prices = [a_price(100, end=date(2026, 7, 1)), a_price(110, date(2026, 7, 1), date(2027, 1, 1))]
    books = Books(activated([a_rule("job", *prices, a_price(120, date(2027, 1, 1)))]))
    assert [line.price_minor for line in books.settle().statement.lines] == [100, 110]


def test_a_line_counts_people_and_units_apart() -> None:
    books = Books(activated())
    books.verify(a_claim(1, occurrence="1", units=2), a_claim(1, occurrence="2"), a_claim(2))
    (line,) = books.settle().statement.lines
    assert (len(line.sample_subject_ids), line.figures.units) == (2, 4)


def test_the_content_says_lines_with_shares_and_cuts_and_the_total_and_no_id_or_instant() -> None:
    books = Books(activated([a_rule("job", 10_000)], [a_cap("contract", 12_000)]))
    books.verify(a_claim(1), a_claim(2))
    shown = books.settle().shown_to(PAYER)
    assert shown.content == {
        "termsVersion": 1,
        "currency": "DKK",
        "kind": "scheduled",
        "period": {"start": "2026-01-01", "end": "2027-01-01"},
        "lines": [
            {
                "number": 1,
                "rule": "job",
                "kind": "unit_price",
                "price": kr("100.00"),
                "people": 2,
                "units": 2,
                "amount": kr("120.00"),
                "cut": [{"cap": "contract", "amount": kr("80.00")}],
                "payee": PROVIDER,
                "nature": "service",
                "shares": [{"payer": PAYER, "amount": kr("120.00")}],
            }
        ],
        "totals": [{"payee": PROVIDER, "nature": "service", "amount": kr("120.00")}],
        "total": kr("120.00"),
    }
    assert shown.content_sha256 == sha256(canonical(shown.content))


def test_two_contracts_of_the_same_case_share_the_content_hash_and_not_the_inputs_hash() -> None:
    hashes = []
    for first in (1, 100):
        books = Books(activated())
        books.verify(*(a_claim(first + n, day="2026-04-01") for n in range(7)))
        settled = books.settle()
        hashes.append((settled.shown_to(PAYER).content_sha256, books.given_to(PAYER, settled)[0].inputs_sha256))
    assert hashes[0][0] == hashes[1][0]
    assert hashes[0][1] != hashes[1][1]


def test_what_was_settled_before_is_told_beside_the_total() -> None:
    books = Books(activated())
    books.verify(a_claim(1))
    books.settle()
    books.verify(a_claim(2), a_claim(3))
    shown = books.settle(date(2028, 1, 1)).shown_to(PAYER)
    assert (shown.previously_minor, shown.total_minor) == (10_000, 20_000)


def kr(amount: str) -> dict[str, Any]:
    return {"amount": amount, "currency": "DKK"}
