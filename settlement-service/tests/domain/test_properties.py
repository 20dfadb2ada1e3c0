"""Tests: what must hold for every contract, every course of events and every order of arrival."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.events.outcomes import OutcomeRejected, OutcomeVerified, OutcomeWithdrawn
from settlement_service.domain.facts.claims import Claim, after
from settlement_service.domain.ledger.postings import approval_entry
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.recomputation import recompute
from settlement_service.domain.settling.fold import fold

from ..books import Books, net
from ..builders import (
    EVALUATOR,
    INVESTOR,
    NOON,
    OTHER,
    PAYER,
    PROVIDER,
    a_cap,
    a_claim,
    a_metric,
    a_price,
    a_rule,
    activated,
    claimed,
)

RULES = ("job", "home", "school")
START, ENDS = date(2026, 1, 1), (date(2026, 3, 1), date(2026, 6, 1), date(2027, 1, 1))
PROVIDERS = (PROVIDER, OTHER, PROVIDER)
many = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@dataclass(frozen=True)
class Course:
    """A contract, its claims, what happens to each, and where it is settled."""

    terms: dict[str, Any]
    claims: tuple[Claim, ...]
    events: tuple[tuple[int, str], ...]
    """(claim, what happens to it), in order; `settle` is of no claim, its number says which end."""


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    minors = st.integers(0, 50).map(lambda n: n * 100)
    half = date(2026, 4, 1)
    rules = [
        a_rule(
            code,
            a_price(draw(minors), end=half),
            a_price(draw(minors), start=half),
            payee=payee,
            occurrences=draw(st.sampled_from(["first", "every", "every"])),
            max_units_per_person=draw(st.none() | st.integers(1, 6)),
        )
        for code, payee in zip(RULES, (PROVIDER, OTHER, INVESTOR), strict=True)
    ]
    headroom = st.sampled_from(["keep_paid", "by_date"])
    caps = [
        a_cap(kind, draw(st.integers(1, 20_000)), rule, draw(headroom))
        for kind, rule in (("person", None), ("rule", "job"), ("rule", "home"), ("contract", None))
        if draw(st.booleans())
    ]
    metrics = [
        a_metric(code, reported_by=reporter, max_payments_per_person=draw(st.integers(1, 4)))
        for code, reporter in zip(RULES, PROVIDERS, strict=True)
    ]
    return {"rules": rules, "caps": caps, "metrics": metrics, "parties": (PAYER, INVESTOR, PROVIDER, EVALUATOR, OTHER)}


@st.composite
def courses(draw: st.DrawFn, settlements: int = 3) -> Course:
    keys = draw(
        st.lists(st.tuples(st.integers(1, 4), st.sampled_from(RULES), st.integers(1, 3)), unique=True, max_size=14)
    )
    claims = tuple(
        a_claim(
            who,
            metric,
            str(occurrence),
            (START + timedelta(days=draw(st.integers(0, 364)))).isoformat(),
            units=draw(st.integers(1, 3)),
            state="submitted",
            decided_by=(),
            decided_at=None,
        )
        for who, metric, occurrence in keys
    )
    happenings = st.sampled_from(["verify", "verify", "verify", "reject", "withdraw"])
    events = [(n, draw(happenings)) for n in range(len(claims))]
    events += [(draw(st.integers(0, len(claims) - 1)), draw(happenings)) for _ in range(4) if claims]
    events += [(draw(st.integers(0, len(ENDS) - 1)), "settle") for _ in range(settlements)]
    return Course(draw(contracts()), claims, tuple(draw(st.permutations(events))))


def happened(books: Books, claim: Claim, what: str) -> Any:
    fields: dict[str, Any] = {"contract_id": books.contract_id, "claim_id": claim.id}
    if what == "withdraw":
        return OutcomeWithdrawn(**fields, withdrawn_at=NOON)
    if what == "reject":
        return OutcomeRejected(**fields, decided_by=PAYER, decided_at=NOON, reason="not_achieved")
    return OutcomeVerified(**fields, decided_by=PAYER, decided_at=NOON)


def played(course: Course, *, last: bool = True) -> Books:
    """All claims are reported; then everything happens to them; at the end everything is settled once more."""
    books = Books(activated(**course.terms))
    for claim in course.claims:
        books.tell(claimed(books.contract_id, claim))
    for n, what in course.events:
        if what == "settle":
            books.settle(ENDS[n])
        elif books.state.claims[course.claims[n].id].state != "withdrawn":
            books.tell(happened(books, course.claims[n], what))
    if last:
        books.settle(date(2028, 1, 1))
    return books


@many
@given(courses())
def test_at_every_prefix_what_is_posted_is_within_every_cap(course: Course) -> None:
    books = Books(activated(**course.terms))
    for claim in course.claims:
        books.tell(claimed(books.contract_id, claim))
    for n, what in course.events:
        if what != "settle":
            books.tell(happened(books, course.claims[n], what))
            continue
        books.settle(ENDS[n])
        within_caps(books)
    books.settle(date(2028, 1, 1))
    within_caps(books)


def within_caps(books: Books) -> None:
    sums: dict[Any, int] = defaultdict(int)
    for row in books.state.posted.values():
        minor = row.figures.amount_minor
        for key in (("person", row.key.item.subject_id), ("rule", row.key.item.rule), ("contract", None)):
            sums[key] += minor
    for limit in books.terms.limits:
        used = [
            minor
            for (kind, of), minor in sums.items()
            if kind == limit.definition.kind and limit.definition.rule in (None, of)
        ]
        assert all(minor <= limit.minor for minor in used)


@many
@given(courses())
def test_every_entry_sums_to_zero_and_every_line_is_price_times_units_less_cuts(course: Course) -> None:
    for settled in played(course).settled:
        shares: dict[tuple[str, str], int] = defaultdict(int)
        for line in settled.statement.lines:
            figures = line.figures
            assert figures.gross_minor == line.price * figures.units
            assert figures.amount_minor == figures.gross_minor - sum(minor for _, minor in figures.cuts)
            for payer, minor in line.shares:
                shares[payer, line.payee] += minor
        assert sum(side.minor for side in approval_entry(shares)) == 0
        assert sum(shares.values()) == settled.total


@many
@given(courses())
def test_net_posted_is_nothing_or_what_is_entitled(course: Course) -> None:
    books = played(course)
    state = books.state
    entitled = {
        item.key: item.gross_minor
        for item in evaluate(books.history, state.terminated_on, state.claims.values())
        if item.reason is None
    }
    cut: dict[Any, int] = defaultdict(int)
    for row in state.posted.values():
        cut[row.key.item] += sum(minor for _, minor in row.figures.cuts)
    for key, minor in net(books).items():
        assert minor + cut[key] == entitled.get(key, 0), "paid and cut together are all there is"
        assert minor >= 0


@many
@given(courses(settlements=0), st.integers(0, 40))
def test_the_order_in_which_sources_arrive_does_not_change_the_content(course: Course, place: int) -> None:
    ordered = played(course, last=False)
    late = Books(ordered.activation, is_activated=False)
    facts = ordered.facts[1:]
    late.tell(*facts[:place], ordered.activation, *facts[place:])
    assert ordered.settle().shown_to(PAYER).content_sha256 == late.settle().shown_to(PAYER).content_sha256


@many
@given(courses(settlements=0), st.data())
def test_claims_may_be_reported_in_any_order(course: Course, data: st.DataObject) -> None:
    hashes = set()
    for claims in (course.claims, data.draw(st.permutations(course.claims))):
        books = Books(activated(**course.terms))
        books.verify(*(replace(claim, state="verified") for claim in claims))
        hashes.add(books.settle(ENDS[-1]).shown_to(PAYER).content_sha256)
    assert len(hashes) == 1


@many
@given(courses(settlements=0), st.integers(0, 14))
def test_splitting_a_delivery_before_one_cut_off_does_not_change_the_content(course: Course, at: int) -> None:
    """What is verified in two deliveries, with other things in between, is settled like what came in one."""
    whole, parts = Books(activated(**course.terms)), Books(activated(**course.terms))
    whole.verify(*course.claims)
    parts.tell(*(claimed(parts.contract_id, claim) for claim in course.claims))
    for some in (course.claims[at:], course.claims[:at]):
        parts.tell(*(happened(parts, claim, "verify") for claim in some))
    assert whole.settle().shown_to(PAYER).content_sha256 == parts.settle().shown_to(PAYER).content_sha256


@many
@given(courses())
def test_the_state_kept_fact_by_fact_is_the_fold_of_the_log(course: Course) -> None:
    books = played(course)
    kept: dict[UUID, Claim] = {claim.id: claim for claim in course.claims}
    for fact in books.facts:
        if isinstance(fact, OutcomeVerified | OutcomeRejected | OutcomeWithdrawn):
            kept[fact.claim_id] = after(kept[fact.claim_id], fact)
    assert fold(books.facts).claims == kept


@settings(parent=many, max_examples=40)
@given(courses())
def test_every_settlement_is_computed_again_by_everyone_who_sees_items(course: Course) -> None:
    books = played(course)
    for settled in books.settled:
        for organisation in (PAYER, PROVIDER, OTHER):
            result = recompute(*books.given_to(organisation, settled))
            assert result.same, (organisation, result)


@many
@given(courses(), st.sampled_from([1, 3, 12]))
def test_an_investor_is_never_told_of_fewer_than_five_people(course: Course, crowd: int) -> None:
    books = played(crowded(course, crowd))
    for settled in books.settled:
        people = {(line.rule, line.price_minor): line.sample_subject_ids for line in settled.statement.lines}
        for line in settled.shown_to(INVESTOR).content["lines"]:
            if "rules" in line:
                assert line.keys() == {"number", "rules", "amount"}
                behind: Sequence[frozenset[UUID]] = [who for (rule, _), who in people.items() if rule in line["rules"]]
                assert len(frozenset().union(*behind)) >= 5
            else:
                assert line["people"] >= 5


def crowded(course: Course, crowd: int) -> Course:
    """The same course for so many times as many people."""
    claims = [
        a_claim(
            100 * copy + n,
            claim.metric,
            claim.occurrence,
            claim.achieved_on.isoformat(),
            units=claim.units,
            state="submitted",
            decided_by=(),
            decided_at=None,
        )
        for copy in range(crowd)
        for n, claim in enumerate(course.claims)
    ]
    events = [
        (n + copy * len(course.claims) if what != "settle" else n, what)
        for n, what in course.events
        for copy in range(crowd if what != "settle" else 1)
    ]
    investors = [replace(rule, payee=INVESTOR) for rule in course.terms["rules"]]
    return Course({**course.terms, "rules": investors}, tuple(claims), tuple(events))
