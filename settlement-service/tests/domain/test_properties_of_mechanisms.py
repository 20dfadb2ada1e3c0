"""Tests: what must hold for every contract of any mechanisms, every course of events and every order of arrival."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.core.terms.measures import Measure
from services.core.terms.mechanisms.bands import Bands
from services.events.outcomes import OutcomeWithdrawn
from settlement_service.domain.agreement.calendar import last_day_before, name_of
from settlement_service.domain.explaining.explanation import explain, tree_of
from settlement_service.domain.ledger.postings import approval_entry
from settlement_service.domain.limits.caps import group_of
from settlement_service.domain.mechanisms.banding import banded
from settlement_service.domain.mechanisms.working import holds_together, term
from settlement_service.domain.recomputation import recompute
from settlement_service.domain.settling.change import Change

from ..books import Books, net
from ..builders import NOON, PAYER, PROVIDER, a_claim, a_price, a_rule, claimed
from ..courses import ENDS, LATER, Course, books_before_events, courses, happen, played, steps
from ..mechanisms import a_contract, a_limit, a_measure, measured_metric, point, rate, some_bands

few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def paid_anew(change: Change) -> int:
    """What a settlement pays of an item, without what it gives back of an amount below zero: that is no new payment,
    and a cap on what is settled in a period does not keep it."""
    more, before = change.difference.under_caps_minor, change.before.under_caps_minor
    return more - max(0, min(more, -before))


def within_caps(books: Books) -> None:
    sums: Counter[Any] = Counter()
    for row in books.state.posted.values():
        sums["all"] += row.figures.under_caps_minor
        for limit in books.terms.limits:
            group = group_of(limit, row.key.item.rule, row.key.item.subject_id, row.achieved_on)
            if group is not None and limit.definition.kind != "payer":
                sums[limit.definition.kind, group] += row.figures.under_caps_minor
        for payer, minor in row.shares:
            sums["payer", payer] += minor
    for limit in books.terms.limits:
        kind = limit.definition.kind
        if kind == "payer":
            assert sums["payer", limit.definition.payer] <= limit.minor
        elif kind == "contract":
            assert sums["all"] <= limit.minor
        elif limit.definition.period_basis == "settled":
            by_name: Counter[str] = Counter()
            for settled in books.settled:
                name = name_of(last_day_before(settled.statement.period.end), "quarter")
                by_name[name] += sum(paid_anew(change) for change in settled.changes)
            assert all(minor <= limit.minor for minor in by_name.values())
        else:
            used = [minor for key, minor in sums.items() if key != "all" and key[0] == kind]
            assert all(minor <= limit.minor for minor in used), (kind, used)


@few
@given(courses())
def test_no_cap_is_exceeded_at_any_prefix(course: Course) -> None:
    books = books_before_events(course)
    for _ in steps(course, books):
        within_caps(books)


@few
@given(courses())
def test_what_payers_pay_and_what_nobody_pays_is_the_amount(course: Course) -> None:
    for settlement in played(course)[1]:
        for change in settlement.changes:
            for figures, shares in ((change.now, change.now_shares), (change.before, change.before_shares)):
                assert sum(minor for _, minor in shares) == figures.amount_minor
                cut = sum(minor for _, minor in figures.cuts)
                assert figures.gross_minor == figures.amount_minor + cut
        pairs: Counter[Any] = Counter()
        for line in settlement.statement.lines:
            for payer, minor in line.shares:
                pairs[payer, line.payee] += minor
        assert sum(side.minor for side in approval_entry(pairs)) == 0
        assert sum(pairs.values()) == settlement.total


@few
@given(courses())
def test_settling_the_same_again_posts_nothing(course: Course) -> None:
    """Whatever caps go together; not a later period, in which a cap on what is settled has new room."""
    books = books_before_events(course)
    for settlement in steps(course, books):
        assert books.settle(settlement.statement.period.end, "correction").changes == []


@few
@given(courses(settlements=0), st.data())
def test_the_order_of_facts_does_not_change_the_content(course: Course, data: st.DataObject) -> None:
    hashes = set()
    for claims in (course.claims, data.draw(st.permutations(course.claims))):
        books = books_before_events(course, report=False)
        books.verify(*claims)
        hashes.add(books.settle().shown_to(PAYER).content_sha256)
    assert len(hashes) == 1


@few
@given(courses(settlements=0), st.integers(0, 9), st.integers(0, 9))
def test_a_claim_that_was_reported_in_vain_changes_nothing(course: Course, which: int, where: int) -> None:
    """A claim that is withdrawn leaves no trace; nor does a rejected one of who was measured anyway."""
    first, second = books_before_events(course, report=False), books_before_events(course, report=False)
    first.verify(*course.claims)
    vain = a_claim(1 + which % 4, "home", "9")
    second.verify(*course.claims[:where])
    second.tell(claimed(second.contract_id, vain))
    happen(second, vain, "reject" if which % 2 else "withdraw")
    second.verify(*course.claims[where:])
    assert first.settle().shown_to(PAYER).content_sha256 == second.settle().shown_to(PAYER).content_sha256


@few
@given(courses(), st.integers(0, 9))
def test_a_claim_taken_out_and_put_back_leaves_everything_as_it_was(course: Course, which: int) -> None:
    books, _ = played(course)
    verified_claims = [claim for claim in course.claims if books.state.claims[claim.id].state == "verified"]
    assume(verified_claims)
    gone = verified_claims[which % len(verified_claims)]
    again = replace(gone, id=a_claim().id)
    books.tell(OutcomeWithdrawn(contract_id=books.contract_id, claim_id=gone.id, withdrawn_at=NOON))
    books.verify(again)
    before = net(books)
    assert books.settle(LATER).total == 0
    assert net(books) == before


@settings(parent=few, max_examples=25)
@given(courses())
def test_every_explanation_holds_together_and_comes_to_the_amount(course: Course) -> None:
    books, settled = played(course)
    for settlement in settled:
        ends_terms = books.history.at_end(settlement.statement.period.end)
        for number, change in enumerate(settlement.changes, start=1):
            terms = books.history.version(change.version)
            tree = tree_of(terms, ends_terms, terms.rules[change.key.item.rule], change)
            assert holds_together(tree)
            assert tree.value == Fraction(change.difference.amount_minor, 100)
            told = explain(books.history, ends_terms, number, change)
            assert "{" not in told["text"] + told["textInDanish"]


@settings(parent=few, max_examples=25)
@given(courses())
def test_every_reader_of_items_computes_the_same(course: Course) -> None:
    books, settled = played(course)
    for settlement in settled:
        for organisation in (PAYER, PROVIDER):
            result = recompute(*books.given_to(organisation, settlement))
            assert result.same, (organisation, result.checks, result.differences)


@few
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 300), st.booleans()), max_size=12), st.integers(0, 60_000))
def test_with_keep_paid_no_late_claim_takes_a_paid_ones_place(claims: list[Any], cap: int) -> None:
    books = Books(a_contract(a_rule("job", 10_000), a_rule("home", 3_333), caps=[a_limit("contract", cap or 1)]))
    paid: dict[Any, int] = {}
    for who, (units, day, is_job) in enumerate(claims):
        on = ENDS[0].replace(month=1).toordinal() + day
        books.verify(a_claim(who, "job" if is_job else "home", day=ENDS[0].fromordinal(on).isoformat(), units=units))
        books.settle()
        now = net(books)
        assert all(now[key] >= minor for key, minor in paid.items())
        paid = now


RISING = a_rule("job", a_price(0, end=ENDS[0]), a_price(700, start=ENDS[0]))
LIMITED = a_rule("job", 700, max_units_per_person=5, max_units=9)


@few
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=1, max_size=6),
    st.integers(1, 30_000),
    st.sampled_from([RISING, LIMITED]),
)
def test_more_verified_units_never_give_less_at_prices_of_zero_or_more(claims: list[Any], cap: int, rule: Any) -> None:
    """Where prices differ, a limit on units goes by date, and an earlier claim may take the place of a dearer one."""
    books = Books(a_contract(rule, caps=[a_limit("person", 2_500), a_limit("contract", cap)]))
    for number, (who, units) in enumerate(claims):
        books.verify(a_claim(who, occurrence=str(number), day=f"2026-0{1 + number % 6}-01", units=units))
        assert books.settle().total >= 0


rates = st.lists(st.integers(-5_000, 5_000), min_size=3, max_size=3)


@few
@given(rates, st.fractions(-10, 30, max_denominator=97), st.sampled_from(["marginal", "interpolated"]))
def test_marginal_bands_are_continuous(minors: list[int], value: Fraction, method: str) -> None:
    ends = ((None, "2.5"), ("2.5", "11"), ("11", None))
    parts: Any = [rate(*pair, minor) for pair, minor in zip(ends, minors, strict=True)]
    if method == "interpolated":
        parts = [point(at, minor) for at, minor in zip(("0", "2.5", "11"), minors, strict=True)]
    measure: Measure = a_measure()
    rule: Bands = some_bands(measure, method, *parts, two_sided=True, origin="1.25" if method == "marginal" else "0")
    books = Books(a_contract(rule, metrics=[measured_metric()]))
    step = Fraction(1, 10_000)
    amounts = [banded(books.terms, rule, term("figure", at)).number for at in (value, value + step)]
    assert abs(amounts[1] - amounts[0]) <= 50 * 2 * step + Fraction(2, 100)
