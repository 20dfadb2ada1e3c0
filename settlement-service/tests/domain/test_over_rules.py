"""Tests: what a rule gives over the amounts of others stands by the same days, versions and caps as all else."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.events.contracts import ContractTerminated
from settlement_service.domain.agreement.audience import audience_of
from settlement_service.domain.mechanisms import table

from ..books import Books, net
from ..builders import EVALUATOR, INVESTOR, PROVIDER, YEAR, a_claim, a_metric, a_rule, an_amendment
from ..mechanisms import a_contract, a_limit, a_pause, kr, lines
from ..toy_mechanism import add, an_advance

ADVANCE = an_advance(kr(10_000), payee=PROVIDER)
HOME = a_rule("home", 10_000)
SEPTEMBER, MARCH = date(2026, 9, 1), date(2026, 3, 1)


@pytest.fixture(autouse=True)
def seventh(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are seven mechanisms."""
    add(monkeypatch)


def terms(*rules: Any, **more: Any) -> Any:
    return a_contract(*rules, metrics=[a_metric("job"), a_metric("home")], **more)


def books_with(*rules: Any, jobs: tuple[str, ...], homes: tuple[str, ...], **more: Any) -> Books:
    """Each person has a job on one of the days, or a home."""
    books = Books(terms(*rules, **more))
    books.verify(*(a_claim(n, "job", day=day) for n, day in enumerate(jobs, start=1)))
    books.verify(*(a_claim(n, "home", day=day) for n, day in enumerate(homes, start=100)))
    return books


def posted(books: Books) -> dict[str, int]:
    """What stands posted, by rule."""
    amounts: dict[str, int] = {}
    for key, minor in net(books).items():
        amounts[key.rule] = amounts.get(key.rule, 0) + minor
    return amounts


def test_an_earlier_period_settled_again_posts_nothing_of_what_was_posted_for_a_later_one() -> None:
    books = books_with(HOME, ADVANCE, jobs=("2026-02-10", "2026-06-10"), homes=("2026-01-10",) * 5)
    assert lines(books.settle(SEPTEMBER))["advance"] == (-20_000, None)
    for ends in (date(2026, 4, 1), date(2026, 4, 1), SEPTEMBER):
        assert books.settle(ends, kind="correction").changes == []
    assert posted(books) == {"home": 50_000, "advance": -20_000}


def test_an_amount_below_zero_that_gave_room_is_given_once() -> None:
    """3 jobs take 300.00 off 600.00, so that 300.00 stand under the cap; in March that room is not looked at."""
    homes = ("2026-02-10", *("2026-08-10",) * 5)
    caps = [a_limit("contract", 30_000)]
    books = books_with(HOME, ADVANCE, jobs=("2026-01-05",) * 3, homes=homes, caps=caps)
    assert books.settle(SEPTEMBER).total == 30_000
    for ends in (MARCH, MARCH, SEPTEMBER):
        assert books.settle(ends, kind="correction").changes == []


def test_a_cap_on_its_rule_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turned round, 2 jobs would give 200.00."""
    row = table.MECHANISMS[type(ADVANCE)]

    def above_zero(*known: Any) -> Any:
        return (replace(item, gross_minor=-item.gross_minor) for item in row.items_over_rules(*known))

    changed = replace(row, items_over_rules=above_zero)
    monkeypatch.setattr(table, "MECHANISMS", {**table.MECHANISMS, type(ADVANCE): changed})
    caps = [a_limit("rule", 5_000, rule="advance"), a_limit("rule", 40_000, rule="home")]
    books = books_with(HOME, ADVANCE, jobs=("2026-01-05",) * 2, homes=("2026-01-10",) * 5, caps=caps)
    assert lines(books.settle()) == {"home": (40_000, None), "advance": (5_000, None)}
    assert books.settle().changes == []


@pytest.mark.parametrize("later", [(HOME,), (HOME, replace(ADVANCE, amount=kr(25_000)))])
def test_an_amendment_reaches_no_day_before_it(later: tuple[Any, ...]) -> None:
    books = books_with(HOME, ADVANCE, jobs=("2026-01-05",), homes=("2026-01-10",) * 5)
    assert lines(books.settle(date(2026, 2, 1)))["advance"] == (-10_000, None)
    books.tell(an_amendment(terms(*later), books.contract_id, date(2026, 7, 1)))
    assert books.settle(SEPTEMBER).changes == []


def test_what_is_achieved_after_the_end_of_the_contract_changes_nothing() -> None:
    books = books_with(HOME, ADVANCE, jobs=("2026-01-05", "2026-01-06"), homes=("2026-01-10",) * 5)
    assert lines(books.settle(date(2026, 2, 1)))["advance"] == (-20_000, None)
    books.tell(ContractTerminated(contract_id=books.contract_id, terminated_on=MARCH))
    books.verify(a_claim(3, "job", day="2026-04-05"))
    assert books.settle(SEPTEMBER).changes == []


def test_it_waits_for_the_end_of_a_pause() -> None:
    pause = a_pause(MARCH, date(2026, 10, 1), True)
    books = books_with(HOME, ADVANCE, jobs=("2026-04-05",), homes=("2026-01-10",) * 3, windows=(pause,))
    assert lines(books.settle(date(2026, 6, 1)))["advance"][0] == 0
    assert lines(books.settle(YEAR.end))["advance"] == (-10_000, None)


def test_its_items_are_given_to_who_sees_everything_alone() -> None:
    """The evaluator reports homes that pay the investor: the provider could not recompute what is taken off them."""
    metrics = [a_metric("job"), a_metric("home", reported_by=EVALUATOR)]
    books = Books(a_contract(replace(HOME, payee=INVESTOR), ADVANCE, metrics=metrics))
    audience = audience_of(books.terms, PROVIDER)
    assert audience is not None
    assert audience.sees_line("advance", PROVIDER)
    assert not audience.sees_item("advance", PROVIDER)
